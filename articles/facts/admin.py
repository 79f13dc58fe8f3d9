"""The engagements with what is known of their coverage; people, organisations and topics."""

from django.contrib import admin
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.desk import worklists
from articles.desk.duplicates import may_merge
from articles.desk.views.bulk import BulkActions
from articles.editing_sessions.batched_admin import RefreshedOnce
from articles.editing_sessions.form_merge_admin import FormMerge
from articles.editing_sessions.idempotency import IdempotentForm
from articles.facts.forms import CoveredEngagementForm
from articles.facts.urls import duplicate_urlpatterns, urlpatterns
from articles.models import Edition
from engagements.admin.base import TableFilter
from engagements.admin.engagement import EngagementAdmin
from engagements.admin.parties import OrganisationAdmin, PersonAdmin, TopicAdmin
from engagements.history import revisions_of
from engagements.models import Engagement, Organisation, Person, Topic


class CoverageFilter(TableFilter):
    title, parameter_name = _("coverage"), "coverage"

    def table(self, person):
        public, today = Edition.objects.public(), timezone.localdate()
        is_subject = Exists(public.filter(engagement=OuterRef("pk")))
        covered = is_subject | Exists(public.filter(also_covers=OuterRef("pk")))
        soon = Q(pk__in=worklists.uncovered_soon(today).order_by().values("pk"))
        lately = Q(pk__in=worklists.uncovered_lately(today).values("pk"))
        return {
            "yes": (_("With a public article"), lambda rows: rows.filter(covered)),
            "no": (_("Without a public article"), lambda rows: rows.filter(~covered)),
            "missing": (
                _("Current, without coverage"),
                lambda rows: rows.filter(soon | lately),
            ),
        }


@admin.register(Engagement)
class CoveredEngagementAdmin(
    BulkActions, RefreshedOnce, IdempotentForm, FormMerge, EngagementAdmin
):
    form = CoveredEngagementForm
    object_history_template = "admin/engagements/engagement/history.html"
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
        return [*urlpatterns, *super().get_urls()]

    def history_view(self, request, object_id, extra_context=None):
        """List the revisions above the log."""
        engagement = self.get_object(request, object_id)
        context = {"versions": list(revisions_of(engagement)) if engagement else []}
        return super().history_view(request, object_id, context | (extra_context or {}))


class DuplicateMerging(RefreshedOnce):
    """Offers to merge a duplicate into another row of its model."""

    change_form_template = "admin/mergeable_change_form.html"

    def get_urls(self):
        return [*duplicate_urlpatterns(self.model), *super().get_urls()]

    def render_change_form(self, request, context, *args, **kwargs):
        context["may_merge"] = may_merge(request.user, str(self.opts.model_name))
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(Person)
class MergeablePersonAdmin(DuplicateMerging, PersonAdmin):
    pass


@admin.register(Organisation)
class MergeableOrganisationAdmin(DuplicateMerging, OrganisationAdmin):
    pass


@admin.register(Topic)
class MergeableTopicAdmin(DuplicateMerging, TopicAdmin):
    pass
