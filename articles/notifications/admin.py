"""The page on which each person says what they want to be told by e-mail."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from articles.models import NoticeSettings


class NoticeForm(forms.ModelForm):
    class Meta:
        model = NoticeSettings
        fields = ["review_requested", "returned", "published", "overdue", "digest"]
        widgets = {"digest": forms.RadioSelect}


class NoticesPage(admin.ModelAdmin):
    def get_urls(self):
        view = self.admin_site.admin_view(self.notices_view)
        return [path("notices/", view, name="articles_article_notices"), *super().get_urls()]

    def notices_view(self, request: HttpRequest) -> HttpResponse:
        """Show a person's own settings, and nobody else's; save what they choose."""
        person: Any = request.user
        row = NoticeSettings.objects.filter(pk=person.pk).first() or NoticeSettings(person=person)
        form = NoticeForm(request.POST if request.method == "POST" else None, instance=row)
        if form.is_valid():
            form.save()
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(reverse("admin:articles_article_notices"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("What you are told by e-mail"),
            "form": form,
            "address": person.email,
            "is_sent": bool(settings.MAIL_FROM),
        }
        return TemplateResponse(request, "admin/articles/notices.html", context)
