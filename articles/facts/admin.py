"""The engagements, with what is known of their coverage."""

from django.contrib import admin
from django.db.models import Exists, OuterRef, Prefetch, Q
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
from engagements.history import revisions_of
from engagements.models import Engagement
from engagements.publishing import withdraw


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

    def perform_withdrawal(self, request, obj, reason):
        failures = hiding_failure_reasons(obj, None)
        withdraw(obj, reason=reason, by=request.user, failures=failures)
