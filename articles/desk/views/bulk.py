"""The page that previews and applies a bulk action of a list."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.desk.bulk_actions import MOST, OPERATIONS, Plan, apply, plan_of
from articles.models import Article
from engagements.admin.pages import desk_page, desk_view, log_change
from engagements.models import Engagement, Region, Topic
from engagements.publishing import MAX_REASON, reason_failures
from engagements.text import is_key, key_of

MODELS: dict[str, Any] = {"article": Article, "engagement": Engagement}
CHOICES: dict[str, Any] = {"topic": Topic, "region": Region}


@desk_view("articles.change_article")
def bulk(request: HttpRequest, kind: str, operation: str) -> HttpResponse:
    """Ask for the topic, region or reason, preview the changes, and apply them by POST."""
    if operation not in OPERATIONS.get(kind, {}):
        raise Http404
    title, permission = OPERATIONS[kind][operation]
    if not request.user.has_perm(permission):
        raise PermissionDenied
    asked = request.POST if request.method == "POST" else request.GET
    pks = [int(pk) for pk in asked.get("ids", "").split(",")[: MOST + 1] if is_key(pk)]
    errors: list[str] = []
    if len(pks) > MOST:
        errors.append(_("At most %d at once: choose fewer.") % MOST)
        pks = pks[:MOST]
    part = operation.rpartition("_")[2]
    given = asked.get("what", "").replace("\0", "")
    what = plan = None
    try:
        what = _chosen(part, given)
        if what and pks:
            model_admin = admin.site.get_model_admin(MODELS[kind])
            plan = plan_of(
                kind, operation, pks, what, by=request.user,
                may_change=lambda row: model_admin.has_change_permission(request, row),
            )  # fmt: skip
        if request.method == "POST" and plan and not errors:
            return _apply(request, plan, kind, f"{title}: {what}", str(title))
    except ValidationError as error:
        errors += error.messages
    model = CHOICES.get(part)
    return desk_page(
        request,
        "admin/desk/bulk.html",
        title,
        kind=kind,
        opts=MODELS[kind]._meta,
        ids=",".join(map(str, pks)),
        count=len(pks),
        part=part,
        choices=model.objects.order_by("name") if model else None,
        given=given,
        what=what,
        plan=plan,
        errors=errors,
        most=MAX_REASON,
        back=reverse(f"admin:{MODELS[kind]._meta.app_label}_{kind}_changelist"),
    )


def _chosen(part: str, text: str) -> Any:
    """Return the chosen topic or region, or the reason (`None`: not given yet).

    Raises `ValidationError` for one that is refused.
    """
    if not text:
        return None
    if part in CHOICES:
        row = CHOICES[part].objects.filter(pk=key_of(text)).first()
        if row is None:
            message = _("There is no entry “%s”: choose one from the list.")
            raise ValidationError(message % text[:20])
        return row
    if failures := reason_failures(text, _("Enter a reason, which readers will see.")):
        raise ValidationError(failures)
    return text.strip()


def _apply(request: HttpRequest, plan: Plan, kind: str, entry: str, title: str) -> HttpResponse:
    """Make the changes of a plan, log them as `entry`, and lead back to the list."""
    if request.POST.get("fingerprint") != plan.fingerprint:
        raise ValidationError(_("Something has changed. Check again what will happen."))
    rows = apply(plan)
    log_change(request, entry, *rows)
    message = ngettext("%(title)s: %(count)d changed.", "%(title)s: %(count)d changed.", len(rows))
    messages.success(request, message % {"title": title, "count": len(rows)})
    return redirect(f"admin:{MODELS[kind]._meta.app_label}_{kind}_changelist")


class BulkActions(admin.ModelAdmin):
    """Adds an action to a list for each bulk operation that a person may use."""

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        if IS_POPUP_VAR in request.GET:
            return actions  # a popup chooses one row
        person = request.user
        for name, (title, permission) in OPERATIONS[str(self.opts.model_name)].items():
            if person.has_perm(permission):
                actions[f"bulk_{name}"] = (_redirect_to(name), f"bulk_{name}", f"{title} …")
        return actions


def _redirect_to(operation: str):
    def action(model_admin: Any, request: HttpRequest, queryset: Any) -> HttpResponse:
        pks = queryset.order_by("pk").values_list("pk", flat=True)[: MOST + 1]
        kind = model_admin.opts.model_name
        page = reverse("desk:bulk", args=[kind, operation])
        return redirect(f"{page}?ids={','.join(map(str, pks))}")

    return action
