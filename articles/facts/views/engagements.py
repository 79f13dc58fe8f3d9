"""An engagement's revisions, two compared, a way back; and its withdrawal."""

from collections import defaultdict
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from articles.caching.batch import batched_refresh
from articles.publishing.edition_diff import FieldDiff
from articles.publishing.workflow import hiding_failure_reasons
from articles.richtext import diff_text
from engagements import publishing, reverting
from engagements.admin.pages import desk_page, desk_view, withdrawal_page
from engagements.history import Snapshot, record_first, revisions_of, snapshot_of
from engagements.models import Engagement

VIEW, PUBLISH = "engagements.view_engagement", "engagements.publish_engagement"


@desk_view(VIEW)
def compare(request: HttpRequest, engagement_id: int) -> HttpResponse:
    """Compare the revisions `?from=1&to=2`; where one is left out, the two newest."""
    engagement = get_object_or_404(Engagement, pk=engagement_id)
    versions = {str(version.revision_id): version for version in revisions_of(engagement)}
    keys = list(versions)
    newest = {"from": keys[:2][-1], "to": keys[0]} if keys else {}
    chosen = {name: request.GET.get(name) or key for name, key in newest.items()}
    context: dict[str, Any] = {"versions": list(versions.values())}
    if chosen and all(key in versions for key in chosen.values()):
        old, new = versions[chosen["from"]], versions[chosen["to"]]
        changes = changes_between(snapshot_of(old.revision), snapshot_of(new.revision))
        context |= {"old": old, "new": new, "changes": changes}
    else:
        context["error"] = _("There is no such revision: choose two from the list.")
    title = _("What changed in “%s”") % engagement
    template = "admin/engagements/engagement/compare.html"
    return desk_page(request, template, title, row=engagement, **context)


@desk_view(VIEW)
def revert(request: HttpRequest, engagement_id: int, revision_id: int) -> HttpResponse:
    """Show what going back to a revision changes, and do it on POST, with a reason."""
    engagement = get_object_or_404(Engagement, pk=engagement_id)
    version = get_object_or_404(revisions_of(engagement), revision=revision_id)
    model_admin = admin.site.get_model_admin(Engagement)
    may_revert = model_admin.has_change_permission(request, engagement)
    reason, errors = "", reverting.failure_reasons(engagement, version.revision)
    if request.method == "POST":
        if not may_revert:
            raise PermissionDenied
        reason = request.POST.get("reason", "").replace("\x00", "")
        try:
            with transaction.atomic(), batched_refresh():
                reverting.revert(engagement, version.revision, by=request.user, reason=reason)
        except ValidationError as error:
            errors = error.messages
        else:
            messages.success(request, _("The facts were reverted. Regions were recalculated."))
            return redirect("admin:engagements_engagement_change", engagement.pk)
    record_first(engagement.pk)
    newest = revisions_of(engagement)[0].revision
    reverted = reverting.snapshot_after_revert(version.revision, newest)
    return desk_page(
        request,
        "admin/engagements/engagement/revert.html",
        _("Revert to an earlier revision"),
        row=engagement,
        version=version,
        changes=changes_between(snapshot_of(newest), reverted),
        may_revert=may_revert,
        errors=errors,
        reason=reason,
    )


def changes_between(before: Snapshot, after: Snapshot) -> list[FieldDiff]:
    """Return what differs between two states of the facts, a change for each section."""
    sections: dict[str, list[tuple[SafeString]]] = defaultdict(list)
    for key in dict.fromkeys([*after, *before]):
        old, new = before.get(key, ""), after.get(key, "")
        if old != new:
            section, _row = key
            sections[section].append((diff_text(old, new),))
    return [
        FieldDiff(section, format_html_join("", "<p>{}</p>", rows))
        for section, rows in sections.items()
    ]


@desk_view(PUBLISH)
def withdraw(request: HttpRequest, engagement_id: int) -> HttpResponse:
    """Ask for the reason, then withdraw the engagement."""
    engagement = get_object_or_404(Engagement, pk=engagement_id)

    def perform(reason: str) -> None:
        failures = hiding_failure_reasons(engagement, None)
        publishing.withdraw(engagement, reason=reason, by=request.user, failures=failures)

    return withdrawal_page(request, engagement, perform)
