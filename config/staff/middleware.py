from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

from config.middleware import admin_prefix
from config.staff.factors import owes_factor
from config.staff.sessions import note_seen


class LastSeen(MiddlewareMixin):
    """Record when each session was last seen at the desk."""

    def process_view(
        self, request: HttpRequest, view: Callable, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        # Public pages read neither session nor user.
        if request.path.startswith(admin_prefix()) and request.user.is_authenticated:
            note_seen(request)
        return None


class SecondFactor(MiddlewareMixin):
    """Redirect users who have to set up a second factor from all of the desk to its set-up."""

    def process_view(
        self, request: HttpRequest, view: Callable, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        # Public pages read neither session nor user.
        if not request.path.startswith(admin_prefix()):
            return None
        free = (f"{admin_prefix()}account/", reverse("admin:logout"), reverse("admin:jsi18n"))
        if request.path.startswith(free) or not request.user.is_authenticated:
            return None
        if not owes_factor(request.user):
            return None
        messages.warning(
            request,
            _("An administrator requires a second step at your sign-in. Choose one to continue."),
        )
        return redirect("mfa_index")
