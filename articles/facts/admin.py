"""The engagements, with what is known of their coverage."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.desk import worklists
from articles.desk.views.bulk import BulkActions
from articles.editing_sessions.batched_admin import RefreshedOnce
from articles.editing_sessions.form_merge_admin import MergedForm
from articles.editing_sessions.idempotency import IdempotentForm
from articles.facts.forms import CoveredEngagementForm
from articles.facts.history_admin import FactsHistory
from articles.models import Edition
from articles.publishing.workflow import hiding_failure_reasons
from engagements.admin.engagement import EngagementAdmin
from engagements.admin.pages import withdrawal_page
from engagements.history import revisions_of
from engagements.models import Engagement
from engagements.publishing import withdraw
from engagements.text import is_key


class CoverageFilter(admin.SimpleListFilter):
    title = _("coverage")
    parameter_name = "coverage"

    def lookups(self, request, model_admin):
        return [
            ("yes", _("With a public article")),
            ("no", _("Without a public article")),
            ("missing", _("Current, without coverage")),
        ]

    def queryset(self, request, queryset):
        if self.value() == "missing":
            today = timezone.localdate()
            near = Q(pk__in=worklists.uncovered_soon(today).order_by().values("pk"))
            return queryset.filter(near | Q(pk__in=worklists.uncovered_lately(today).values("pk")))
        if self.value() in ("yes", "no"):
            public = Edition.objects.public()
            covered = Exists(public.filter(engagement=OuterRef("pk"))) | Exists(
                public.filter(also_covers=OuterRef("pk"))
            )
            return queryset.filter(covered if self.value() == "yes" else ~covered)
        return queryset


@admin.register(Engagement)
class CoveredEngagementAdmin(
    BulkActions, FactsHistory, RefreshedOnce, IdempotentForm, MergedForm, EngagementAdmin
):
    form = CoveredEngagementForm
    list_display = [*EngagementAdmin.list_display, "coverage"]
    list_filter = [*EngagementAdmin.list_filter, CoverageFilter]

    def get_queryset(self, request):
        public = Edition.objects.public().only("headline", "engagement")
        return (
            super()
            .get_queryset(request)
            .prefetch_related(
                Prefetch("editions", public, to_attr="public_editions"),
                Prefetch("roundups", public, to_attr="public_roundups"),
            )
        )

    @admin.display(description=_("articles"))
    def coverage(self, engagement):
        return len({*engagement.public_editions, *engagement.public_roundups}) or ""

    def saves_since(self, obj, at):
        revisions = revisions_of(obj).filter(revision__date_created__gt=at)
        saves = [(row.revision.user, row.revision.date_created) for row in revisions]
        return saves[::-1]

    def get_urls(self):
        withdraw_view = self.admin_site.admin_view(self.withdraw_view)
        name = "engagements_engagement_withdraw"
        return [path("<path:object_id>/withdraw/", withdraw_view, name=name), *super().get_urls()]

    def withdraw_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the reason, then withdraw the engagement."""
        if not request.user.has_perm("engagements.publish_engagement"):
            raise PermissionDenied
        engagement = get_object_or_404(Engagement, pk=object_id if is_key(object_id) else None)

        def perform(reason: str) -> None:
            failures = hiding_failure_reasons(engagement, None)
            withdraw(engagement, reason=reason, by=request.user, failures=failures)

        return withdrawal_page(request, engagement, perform)
