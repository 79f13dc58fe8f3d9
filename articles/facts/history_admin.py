"""The history of an engagement's facts: its revisions, two compared, a way back."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _

from articles.caching.batch import batched_refresh
from articles.publishing.edition_diff import FieldDiff
from articles.richtext import diff_text
from engagements.history import Snapshot, record_first, revisions_of, snapshot_of
from engagements.models import Engagement
from engagements.reverting import failure_reasons, revert, snapshot_after_revert


class FactsHistory(admin.ModelAdmin):
    object_history_template = "admin/engagements/engagement/history.html"

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                "<int:engagement_id>/revisions/compare/",
                view(self.compare_view),
                name="engagements_engagement_compare",
            ),
            path(
                "<int:engagement_id>/revisions/<int:revision_id>/",
                view(self.revert_view),
                name="engagements_engagement_revision",
            ),
            *super().get_urls(),
        ]

    def history_view(self, request, object_id, extra_context=None):
        """List the revisions above what the log tells."""
        engagement = self.get_object(request, object_id)
        context = {
            "versions": list(revisions_of(engagement)) if engagement else [],
            "zone": f"{timezone.localtime():%Z}",
        }
        return super().history_view(request, object_id, {**context, **(extra_context or {})})

    def _engagement(self, request: HttpRequest, pk: int) -> Engagement:
        engagement = get_object_or_404(Engagement, pk=pk)
        if not self.has_view_permission(request, engagement):
            raise PermissionDenied
        return engagement

    def compare_view(self, request: HttpRequest, engagement_id: int) -> HttpResponse:
        """Compare the revisions `?from=1&to=2`; where one is left out, the two newest."""
        engagement = self._engagement(request, engagement_id)
        versions = {str(version.revision_id): version for version in revisions_of(engagement)}
        keys = list(versions)
        usual = {"from": keys[:2][-1], "to": keys[0]} if keys else {}
        chosen = {name: request.GET.get(name) or key for name, key in usual.items()}
        context = self._context(request, engagement, _("What changed in “%s”") % engagement)
        context["versions"] = list(versions.values())
        if chosen and all(key in versions for key in chosen.values()):
            old, new = versions[chosen["from"]], versions[chosen["to"]]
            found = changes_between(snapshot_of(old.revision), snapshot_of(new.revision))
            context |= {"old": old, "new": new, "changes": found}
        else:
            context["error"] = _("There is no such revision: choose two from the list.")
        return TemplateResponse(request, "admin/engagements/engagement/compare.html", context)

    def revert_view(
        self, request: HttpRequest, engagement_id: int, revision_id: int
    ) -> HttpResponse:
        """Show what going back to a revision changes, and do it on POST, with a reason."""
        engagement = self._engagement(request, engagement_id)
        version = get_object_or_404(revisions_of(engagement), revision=revision_id)
        may_revert = self.has_change_permission(request, engagement)
        reason, errors = "", failure_reasons(engagement, version.revision)
        if request.method == "POST":
            if not may_revert:
                raise PermissionDenied
            reason = request.POST.get("reason", "").replace("\x00", "")
            try:
                with transaction.atomic(), batched_refresh():
                    revert(engagement, version.revision, by=request.user, reason=reason)
            except ValidationError as error:
                errors = error.messages
            else:
                told = _("The facts were reverted. Regions were recalculated.")
                messages.success(request, told)
                return redirect("admin:engagements_engagement_change", engagement.pk)
        record_first(engagement.pk)
        newest = revisions_of(engagement)[0].revision
        left = snapshot_after_revert(version.revision, newest)
        context = self._context(request, engagement, _("Revert to an earlier revision"))
        context |= {
            "version": version,
            "changes": changes_between(snapshot_of(newest), left),
            "may_revert": may_revert,
            "errors": errors,
            "reason": reason,
        }
        return TemplateResponse(request, "admin/engagements/engagement/revert.html", context)

    def _context(self, request: HttpRequest, engagement: Engagement, title: str) -> dict[str, Any]:
        each = self.admin_site.each_context(request)
        return {**each, "title": title, "opts": self.opts, "original": engagement}


def changes_between(before: Snapshot, after: Snapshot) -> list[FieldDiff]:
    """Return what differs between two states of the facts, a change for each section."""
    sections: dict[str, list[Any]] = {}
    for (section, _pk), html in _changed_rows(before, after):
        sections.setdefault(section, []).append(html)
    return [FieldDiff(section, joined(rows)) for section, rows in sections.items()]


def _changed_rows(before: Snapshot, after: Snapshot) -> Iterable[tuple[tuple[str, str], Any]]:
    for key in dict.fromkeys([*after, *before]):
        old, new = before.get(key, ""), after.get(key, "")
        if old != new:
            yield key, diff_text(old, new)


def joined(rows: list[Any]) -> Any:
    return format_html_join("", "<p>{}</p>", ((row,) for row in rows))
