"""Every edition of an article: who saved it, when and why; two compared; one brought back."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from articles.authoring.unread import mark_read
from articles.models import Article, Edition
from articles.pictures.admin import picture_preview
from articles.publishing.comparison import changes
from articles.publishing.workflow import restore
from engagements.text import is_key


class EditionHistory(admin.ModelAdmin):
    object_history_template = "admin/articles/article/history.html"

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                "<int:article_id>/compare/",
                view(self.compare_view),
                name="articles_article_compare",
            ),
            path(
                "<int:article_id>/restore/",
                view(require_POST(self.restore_view)),
                name="articles_article_restore",
            ),
            *super().get_urls(),
        ]

    def history_view(self, request, object_id, extra_context=None):
        """List the editions above what the log tells."""
        now = timezone.now()
        article = self.get_object(request, object_id)
        rows: list[tuple[Edition, str]] = []
        if article is not None:
            editions = Edition.objects.filter(article=article).defer("body")
            for edition in editions.select_related("author", "approved_by").order_by("-number"):
                edition.article = article
                rows.append((edition, edition.status_at(now)))
        context = {
            "rows": rows,
            "may_restore": article is not None and self.has_change_permission(request, article),
            "zone": f"{timezone.localtime(now):%Z}",
        }
        return super().history_view(request, object_id, {**context, **(extra_context or {})})

    def compare_view(self, request: HttpRequest, article_id: int) -> HttpResponse:
        """Compare the editions `?from=1&to=2`; where one is left out, the two newest."""
        article = get_object_or_404(Article.objects.with_headline(), pk=article_id)
        if not self.has_view_permission(request, article):
            raise PermissionDenied
        editions = {
            str(edition.number): edition
            for edition in article.editions.select_related("picture", "author").order_by("number")
        }
        numbers = list(editions)
        usual = {"from": numbers[-2:][0], "to": numbers[-1]} if numbers else {}
        chosen = {name: request.GET.get(name) or number for name, number in usual.items()}
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("What changed in “%s”") % article,
            "opts": self.opts,
            "original": article,
            "editions": list(editions.values()),
        }
        if chosen and all(number in editions for number in chosen.values()):
            old, new = editions[chosen["from"]], editions[chosen["to"]]
            if chosen["to"] == numbers[-1]:
                mark_read(request.user, article, new.number)
            found = changes(old, new, show=picture_preview, for_desk=True)
            context |= {"old": old, "new": new, "changes": found}
        else:
            context["error"] = _("There is no such edition: choose two from the list.")
        return TemplateResponse(request, "admin/articles/article/compare.html", context)

    def restore_view(self, request: HttpRequest, article_id: int) -> HttpResponse:
        article = get_object_or_404(Article, pk=article_id)
        if not self.has_change_permission(request, article):
            raise PermissionDenied
        number = request.POST.get("number", "")
        edition = article.editions.filter(number=number).first() if is_key(number) else None
        if edition is None:
            messages.error(request, _("There is no such edition: choose one from the list."))
            page = "admin:articles_article_history"
        else:
            draft = restore(edition, by=request.user)
            told = {"number": draft.number, "old": edition.number}
            said = _("Edition %(number)d is a new draft with all that edition %(old)d held.") % told
            self.log_change(request, article, said)
            messages.success(request, said)
            page = "admin:articles_article_change"
        return HttpResponseRedirect(reverse(page, args=[article.pk]))
