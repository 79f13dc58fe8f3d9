"""Comments beside an article's form, at their fields."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from articles.authoring import comments
from articles.authoring.unread import mark_read, unread
from articles.models import Article


class CommentedForm(admin.ModelAdmin):
    """Whoever may see the draft may say something of it, and that something is dealt with."""

    def get_urls(self):
        return [
            path(
                "<int:article_id>/comment/",
                self.admin_site.admin_view(require_POST(self.comment_view)),
                name="articles_article_comment",
            ),
            *super().get_urls(),
        ]

    def comment_view(self, request: HttpRequest, article_id: int) -> HttpResponse:
        """Do what the pressed button says: "add:body", "reply:12", "resolve:12", "reopen:12".

        The form's script asks for JSON and gets the comments anew, or a sentence; else it is back
        to the form.
        """
        article = get_object_or_404(Article, pk=article_id)
        if not self.has_view_permission(request, article):
            raise PermissionDenied
        wants_json = "application/json" in request.headers.get("Accept", "")
        try:
            told = self._do_with_comment(request, article)
        except ValidationError as error:
            sentence = " ".join(error.messages)
            if wants_json:
                return JsonResponse({"sentence": sentence}, status=400)
            messages.error(request, sentence)
        else:
            if wants_json:
                context = self._comments(article) | {"original": article}
                html = render(request, "admin/articles/article/comments.html", context).text
                return JsonResponse({"html": html, "sentence": told})
            messages.success(request, told)
        address = reverse("admin:articles_article_change", args=[article.pk])
        return HttpResponseRedirect(f"{address}#comments")

    def _do_with_comment(self, request: HttpRequest, article: Article) -> str:
        action, _colon, about = request.POST.get("do", "").partition(":")
        text = request.POST.get(f"text-{about}", "")
        match action:
            case "add":
                quote = request.POST.get("quote", "")
                comments.add(article, by=request.user, text=text, where=about, quote=quote)
                return _("Your comment stands at its field.")
            case "reply":
                comments.add(article, by=request.user, text=text, to=about or "0")
                return _("Your reply stands beneath the comment.")
            case "resolve":
                comments.resolve(comments.thread(article, about), by=request.user)
                return _("Marked as resolved.")
            case "reopen":
                comments.reopen(comments.thread(article, about))
                return _("Open again.")
        raise ValidationError(_("Say what to do with which comment."))

    def _comments(self, article: Article) -> dict[str, Any]:
        places = comments.places(article, article.latest_edition())
        waiting = [
            thread.comment.pk
            for place in places for thread in place.threads if not thread.comment.resolved_at
        ]  # fmt: skip
        return {
            "comment_places": places,
            "comments_open": len(waiting),
            "first_open": waiting[0] if waiting else None,
        }

    def render_change_form(self, request, context, *args, **kwargs):
        article = context.get("original")
        if article:
            context |= self._comments(article)
            newest = context["adminform"].form.base_edition if request.method == "GET" else None
            context["unread"] = unread(request.user, article, newest)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        newest = form.instance.latest_edition()
        if newest:
            mark_read(request.user, form.instance, newest.number)
