"""A form that is sent twice makes one thing: by a double click, or by Back and sending again."""

import datetime as dt
import hashlib
from typing import Any
from uuid import UUID, uuid4

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext

from articles.editing_sessions.autosave import read_token
from articles.models import Submission
from articles.wording import moment
from engagements.admin.pages import change_url

REMEMBERED = dt.timedelta(days=30)
# Neither is what somebody typed; the first one changes with every sign-in.
NOT_TYPED = {"csrfmiddlewaretoken", "form_token"}


def digest_of(request: HttpRequest) -> str:
    """Return a hash of all that a form sent, its files and the pressed button included."""
    digest = hashlib.sha256()
    for name, values in sorted(request.POST.lists()):
        if name not in NOT_TYPED:
            digest.update(repr((name, values)).encode())
    for name in sorted(request.FILES):
        file: Any = request.FILES[name]
        digest.update(repr((name, file.name)).encode())
        for chunk in file.chunks():
            digest.update(chunk)
        file.seek(0)
    return digest.hexdigest()


def claim(person: Any, form: UUID, kind: str) -> Submission:
    """Return the row of a form's token. Who sends it at the same time waits here.

    Belongs inside the transaction that saves the form.
    """
    old = Submission.objects.filter(person=person, at__lt=timezone.now() - REMEMBERED)
    old.delete()
    key = {"person": person, "form": form, "kind": kind}
    Submission.objects.get_or_create(**key)
    return Submission.objects.select_for_update().get(**key)


class IdempotentForm(admin.ModelAdmin):
    """Belongs behind `RefreshedOnce`, whose transaction holds the token until all is saved."""

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        request.refusals = []
        token = read_token(request.POST.get("form_token"))
        if request.method == "POST" and token is not None:
            request.submission = claim(request.user, token, str(self.opts.model_name))
            made = self.model._default_manager.filter(pk=request.submission.target).first()
            digest = digest_of(request)
            if made is not None:
                if digest == request.submission.digest:
                    return self._already_made(request, made)
                object_id = self.resubmitted(request, made, object_id)
            request.submission.digest = digest
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _already_made(self, request: HttpRequest, made: Any) -> HttpResponse:
        address = change_url(made)
        if IS_POPUP_VAR in request.POST:
            return self.response_add(request, made)  # which closes the window
        link = format_html('<a href="{}">{}</a>', address, made)
        messages.info(
            request,
            format_html(gettext("You sent this form twice. It was saved once: {}"), link),
        )
        return redirect(address)

    def resubmitted(self, request: Any, made: Any, object_id: str | None) -> str | None:
        """Answer a form that made something, was changed and is sent again.

        Return the key of the row that it is about (`None`: a new one). It is refused.
        """
        sentence = gettext(
            "You saved this form already, at {}: {}. What you changed in it since is not saved."
        )
        link = format_html('<a href="{}">{}</a>', change_url(made), made)
        request.refusals.append(format_html(sentence, moment(request.submission.at), link))
        if object_id:
            request.POST = request.POST.copy()
            # The page says so, so the next time it is meant.
            request.POST["form_token"] = str(uuid4())
        return object_id

    def number_of(self, obj: Any) -> int | None:
        """Return what tells a later state of `obj` from this one, if it has such a number."""
        return None

    def render_change_form(self, request, context, *args, **kwargs):
        context.setdefault("form_token", read_token(request.POST.get("form_token")) or uuid4())
        return super().render_change_form(request, context, *args, **kwargs)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        submission = getattr(request, "submission", None)
        if submission is not None:
            submission.target, submission.at = form.instance.pk, timezone.now()
            submission.number = self.number_of(form.instance)
            submission.save()
