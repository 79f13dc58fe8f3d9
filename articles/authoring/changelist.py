"""The list of articles: its columns and filters."""

from collections.abc import Callable
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
from engagements.admin.base import BoundedLists, TableFilter


class StatusFilter(TableFilter):
    title, parameter_name = _("status"), "status"

    def table(self, person):
        def of(few: Any) -> Callable[[Any], Any]:
            """Return a function that keeps the articles of a few editions."""
            return lambda rows: rows.filter(pk__in=few.order_by().values("article"))

        def having(editions: Any) -> Callable[[Any], Any]:
            """Return a function that keeps the articles that have one of the editions."""
            return lambda rows: rows.filter(Exists(editions.filter(article=OuterRef("pk"))))

        editions, now = Edition.objects.all(), timezone.now()
        in_review = editions.filter(state=Edition.State.IN_REVIEW)
        return {
            "published": (_("Published"), lambda rows: rows.public()),
            "scheduled": (_("Scheduled"), having(editions.scheduled())),
            "draft": (_("With an unpublished edition"), of(editions.worked_on())),
            "mine": (_("My drafts"), of(worklists.drafts_of(person))),
            "returned": (_("Returned to me"), of(worklists.returned_to(person))),
            "in_review": (_("Waiting for review"), having(in_review)),
            "waiting": (_("Waiting for me"), of(worklists.waiting_for(person))),
            "asked": (_("I was asked to review"), of(worklists.asked_of(person))),
            "sent": (_("My articles in review"), of(worklists.sent_by(person))),
            "forced": (_("Published without a second person"), having(editions.forced())),
            "withdrawn": (_("Withdrawn"), lambda rows: rows.filter(withdrawn_at__lte=now)),
            "to_revisit": (
                _("To be revisited"),
                lambda rows: rows.filter(review_on__lte=timezone.localdate(now)),
            ),
        }


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
