"""Comments beside an article's form: for whoever may see the draft."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from articles.authoring import comments
from articles.authoring.context import comment_context
from articles.authoring.views.base import article_view
from articles.models import Article
from articles.roles import may_view


@article_view(may_view)
@require_POST
def comment(request: HttpRequest, article: Article) -> HttpResponse:
    """Do what the pressed button asks: "add:body", "reply:12", "resolve:12", "reopen:12".

    The form's script asks for JSON and gets all comments as HTML, or an error; anybody else is
    led back to the form.
    """
    wants_json = "application/json" in request.headers.get("Accept", "")
    try:
        message = _perform(request, article)
    except ValidationError as error:
        message = " ".join(error.messages)
        if wants_json:
            return JsonResponse({"sentence": message}, status=400)
        messages.error(request, message)
    else:
        if wants_json:
            context = comment_context(article) | {"original": article}
            html = render(request, "admin/articles/article/comments.html", context).text
            return JsonResponse({"html": html, "sentence": message})
        messages.success(request, message)
    address = reverse("admin:articles_article_change", args=[article.pk])
    return redirect(f"{address}#comments")


def _perform(request: HttpRequest, article: Article) -> str:
    action, _colon, about = request.POST.get("do", "").partition(":")
    text = request.POST.get(f"text-{about}", "")
    match action:
        case "add":
            quote = request.POST.get("quote", "")
            comments.add(article, by=request.user, text=text, where=about, quote=quote)
            return _("Comment added.")
        case "reply":
            comments.add(article, by=request.user, text=text, to=about or "0")
            return _("Reply added.")
        case "resolve":
            comments.resolve(comments.thread(article, about), by=request.user)
            return _("Marked as resolved.")
        case "reopen":
            comments.reopen(comments.thread(article, about))
            return _("Open again.")
    raise ValidationError(_("Choose a comment and an action."))
