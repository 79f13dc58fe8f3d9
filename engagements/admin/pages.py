"""What the desk's own pages share, those of `articles` included."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

ViewFunction = Callable[..., HttpResponseBase]


def has_or_may_change(person: Any, permission: str) -> bool:
    """Say whether a person has a permission: who may change a row may view it, as in the admin."""
    return person.has_perm(permission) or (
        ".view_" in permission and person.has_perm(permission.replace(".view_", ".change_"))
    )


def desk_view(*permissions: str) -> Callable[[ViewFunction], ViewFunction]:
    """Admit only signed-in staff with all of the permissions; forbid caching."""

    def decorate(view: ViewFunction) -> ViewFunction:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not all(has_or_may_change(request.user, name) for name in permissions):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return admin.site.admin_view(guarded)

    return decorate


def desk_page(
    request: HttpRequest, template: str, title: str, *, row: Model | None = None, **context: Any
) -> TemplateResponse:
    """Render a template in the admin's frame; `row` is the one that the page is about."""
    if row is not None:
        context |= {"opts": row._meta, "original": row}
    frame = {**admin.site.each_context(request), "title": title}
    return TemplateResponse(request, template, frame | context)


def change_url(row: Model) -> str:
    """Return the address of a row's form."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def log_change(request: HttpRequest, message: str | list, *rows: Model) -> None:
    """Add a change of each row to the admin's log, without a revision of its own."""
    person: Any = request.user
    LogEntry.objects.log_actions(person.pk, rows, CHANGE, message)


def withdrawal_page(
    request: HttpRequest, row: Model, withdraw: Callable[[str], None]
) -> HttpResponse:
    """Ask for the reason of a withdrawal, then call `withdraw` with it.

    `withdraw` raises `ValidationError` with every reason why not.
    """
    reason, errors = "", []
    if request.method == "POST":
        reason = request.POST.get("reason", "").replace("\x00", "")
        try:
            withdraw(reason)
        except ValidationError as error:
            errors = error.messages
        else:
            log_change(request, _("Withdrawn: %s") % reason, row)
            messages.success(request, _("“%s” is withdrawn.") % row)
            return redirect(change_url(row))
    return desk_page(
        request,
        "admin/withdraw.html",
        _("Withdraw “%s”") % row,
        row=row,
        reason=reason,
        errors=errors,
        back=change_url(row),
    )
