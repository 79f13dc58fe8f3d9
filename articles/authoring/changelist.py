"""The list of articles: its columns and filters."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Prefetch
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.desk import worklists
from articles.desk.views.bulk import BulkActions
from articles.models import Edition, ReviewRequest
from articles.wording import moment, name_of
from engagements.admin.base import BoundedLists


class StatusFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request, model_admin):
        return [
            ("published", _("Published")),
            ("scheduled", _("Scheduled")),
            ("draft", _("With an unpublished edition")),
            ("mine", _("My drafts")),
            ("returned", _("Returned to me")),
            ("in_review", _("Waiting for review")),
            ("waiting", _("Waiting for me")),
            ("asked", _("I was asked to review")),
            ("sent", _("My articles in review")),
            ("forced", _("Published without a second person")),
            ("withdrawn", _("Withdrawn")),
            ("to_revisit", _("To be revisited")),
        ]

    def queryset(self, request, queryset):
        editions = Edition.objects.filter(article=OuterRef("pk"))
        of_a_person = {
            "mine": worklists.drafts_of,
            "returned": worklists.returned_to,
            "waiting": worklists.waiting_for,
            "asked": worklists.asked_of,
            "sent": worklists.sent_by,
        }
        match self.value():
            case "published":
                queryset = queryset.public()
            case "scheduled":
                queryset = queryset.filter(Exists(editions.scheduled()))
            case "draft":
                queryset = queryset.filter(pk__in=Edition.objects.worked_on().values("article"))
            case "in_review":
                queryset = queryset.filter(Exists(editions.filter(state=Edition.State.IN_REVIEW)))
            case "forced":
                queryset = queryset.filter(Exists(editions.forced()))
            case "withdrawn":
                queryset = queryset.filter(withdrawn_at__lte=timezone.now())
            case "to_revisit":
                queryset = queryset.filter(review_on__lte=timezone.localdate())
            case str() as whose if whose in of_a_person:
                rows = of_a_person[whose](request.user).order_by()
                queryset = queryset.filter(pk__in=rows.values("article"))
        return queryset


class ArticleList(BulkActions, BoundedLists):
    """A row shows the newest edition and what readers have."""

    date_hierarchy = "created_at"
    list_display = ["headline", "status", "visit", "language", "saved_by", "saved_at"]
    list_filter = [StatusFilter, "language"]
    list_per_page = 50
    search_fields = ["editions__headline", "slug"]

    def get_queryset(self, request):
        editions = Edition.objects.defer("body").select_related("engagement", "author")
        articles: Any = super().get_queryset(request)
        asked = ReviewRequest.objects.filter(article=OuterRef("pk"), person=request.user.pk)
        return (
            articles.with_headline()
            .annotate(asked_of_me=Exists(asked))
            .prefetch_related(
                Prefetch("editions", editions.order_by("-number"), to_attr="newest_editions")
            )
        )

    @admin.display(description=_("headline"), ordering="headline")
    def headline(self, article):
        return article.headline

    @admin.display(description=_("status"))
    def status(self, article):
        now = timezone.now()
        editions = article.newest_editions
        for edition in editions:
            edition.article = article
        every = [edition.status_at(now) for edition in editions]
        # What readers have, and what waits behind it: "published, draft".
        public = (gettext("withdrawn"), gettext("published"), gettext("scheduled"))
        words = [word for word in public if word in every]
        if every and every[0] not in words:
            words.append(every[0])
        if editions and article.asked_of_me and editions[0].state == "in_review":
            words.append(gettext("waits for you"))
        if any(row.forced_reason and not row.confirmed_by_id for row in editions):
            words.append(gettext("to be approved afterwards"))
        return ", ".join(words)

    @admin.display(description=_("visit"))
    def visit(self, article):
        return article.newest_editions[0].engagement if article.newest_editions else None

    @admin.display(description=_("saved by"))
    def saved_by(self, article):
        return name_of(article.newest_editions[0].author) if article.newest_editions else None

    @admin.display(description=_("saved at"))
    def saved_at(self, article):
        return moment(article.newest_editions[0].created_at) if article.newest_editions else None
