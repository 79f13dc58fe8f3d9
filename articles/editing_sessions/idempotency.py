"""A form that is sent twice makes one thing: by a double click, or by Back and sending again."""

import datetime as dt
import hashlib
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext

from articles.editing_sessions.autosave import read_token
from articles.models import Submission

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


def address_of(row: Any) -> str:
    """Return the address of a row's form."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


class SentAgain(admin.ModelAdmin):
    """What a form means that was changed after it was saved, and sent once more."""

    def sent_again(self, request, submission: Submission, made: Any, object_id: str | None):
        """Say which row a form is about that was changed and sent once more (its key)."""
        return str(made.pk)

    def number_of(self, obj: Any) -> int | None:
        """Return what tells a later state of `obj` from this one, if it has such a number."""
        return None


class SentOnce(SentAgain):
    """Belongs behind `RefreshedOnce`, whose transaction holds the token until all is saved."""

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        token = read_token(request.POST.get("form_token"))
        if request.method != "POST" or token is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        kind = str(self.opts.model_name)
        submission = claim(request.user, token, kind)
        made = self.model._default_manager.filter(pk=submission.target).first()
        digest = digest_of(request)
        if made is not None:
            if digest == submission.digest:
                return self._already_made(request, made)
            object_id = self.sent_again(request, submission, made, object_id)
        submission.digest = digest
        request.submission = submission
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _already_made(self, request: HttpRequest, made: Any) -> HttpResponse:
        address = address_of(made)
        if IS_POPUP_VAR in request.POST:
            return self.response_add(request, made)  # which closes the window
        link = format_html('<a href="{}">{}</a>', address, made)
        messages.info(
            request,
            format_html(gettext("You sent this form twice. It was saved once: {}"), link),
        )
        return HttpResponseRedirect(address)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        submission = getattr(request, "submission", None)
        if submission is not None:
            submission.target, submission.at = form.instance.pk, timezone.now()
            submission.number = self.number_of(form.instance)
            submission.save()
