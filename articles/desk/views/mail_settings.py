"""The page on which each person chooses which mails they get."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from articles.models import NoticeSettings
from engagements.admin.pages import desk_page, desk_view


class MailSettingsForm(forms.ModelForm):
    class Meta:
        model = NoticeSettings
        fields = ["review_requested", "returned", "published", "overdue", "digest"]
        widgets = {"digest": forms.RadioSelect}


@desk_view()
def mail_settings(request: HttpRequest) -> HttpResponse:
    """Show a person their own settings and save what they choose."""
    person: Any = request.user
    data = request.POST if request.method == "POST" else None
    form = MailSettingsForm(data, instance=NoticeSettings.of(person))
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("desk:mail_settings")
    return desk_page(
        request,
        "admin/desk/mail_settings.html",
        _("E-mail notifications"),
        form=form,
        address=person.email,
        is_sent=bool(settings.MAIL_FROM),
    )
