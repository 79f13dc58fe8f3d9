"""The decorator and the rendering that the desk's own pages share."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse

ViewFunction = Callable[..., HttpResponseBase]


def desk_view(*permissions: str) -> Callable[[ViewFunction], ViewFunction]:
    """Admit only signed-in staff with all of the permissions; forbid caching."""

    def decorate(view: ViewFunction) -> ViewFunction:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.has_perms(permissions):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return admin.site.admin_view(guarded)

    return decorate


def log_change(row: Model, message: str, *, by: Any, title: str) -> None:
    """Add a change of a row to the admin's log, with the row's title."""
    LogEntry.objects.create(
        user_id=by.pk,
        content_type=ContentType.objects.get_for_model(row),
        object_id=str(row.pk),
        object_repr=title[:200],
        action_flag=CHANGE,
        change_message=message,
    )


def show(
    request: HttpRequest, template: str, title: str, *, folder: str = "desk", **context: Any
) -> TemplateResponse:
    """Render a template of `admin/desk/`, or of another folder, with the admin's own context."""
    frame = {**admin.site.each_context(request), "title": title}
    return TemplateResponse(request, f"admin/{folder}/{template}.html", frame | context)
