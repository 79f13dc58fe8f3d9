"""What is done with the editions of an article beside its form."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from articles.authoring.unread import mark_read
from articles.authoring.views.base import article_view
from articles.models import Article, Edition
from articles.pictures.desk_display import picture_preview
from articles.publishing import workflow
from articles.publishing.checks import EditionContent
from articles.publishing.edition_diff import edition_diff
from articles.roles import may_change, may_publish, may_view, may_withdraw
from engagements.admin.pages import desk_page, log_change, withdrawal_page
from engagements.dates import spelled_out
from engagements.text import key_of


@article_view(may_view)
def compare(request: HttpRequest, article: Article) -> HttpResponse:
    """Compare the editions `?from=1&to=2`; where one is left out, the two newest."""
    editions = {
        str(edition.number): edition
        for edition in article.editions.select_related("picture", "author").order_by("number")
    }
    numbers = list(editions)
    newest = {"from": numbers[-2:][0], "to": numbers[-1]} if numbers else {}
    chosen = {name: request.GET.get(name) or number for name, number in newest.items()}
    context: dict[str, Any] = {"editions": list(editions.values())}
    if chosen and all(number in editions for number in chosen.values()):
        old, new = editions[chosen["from"]], editions[chosen["to"]]
        if chosen["to"] == newest["to"]:
            mark_read(request.user, article, new.number)
        diff = edition_diff(old, new, show=picture_preview, for_desk=True)
        context |= {"old": old, "new": new, "changes": diff}
    else:
        context["error"] = _("There is no such edition: choose two from the list.")
    title = _("What changed in “%s”") % article
    template = "admin/articles/article/compare.html"
    return desk_page(request, template, title, row=article, **context)


@article_view(may_change)
@require_POST
def restore(request: HttpRequest, article: Article) -> HttpResponse:
    """Make a new draft of an earlier edition."""
    number = key_of(request.POST.get("number"))
    edition = article.editions.filter(number=number).first()
    if edition is None:
        messages.error(request, _("There is no such edition: choose one from the list."))
        return redirect("admin:articles_article_history", article.pk)
    try:
        draft = workflow.restore(edition, by=request.user)
    except ValidationError as error:  # a rule that is younger than the edition
        messages.error(request, " ".join(error.messages))
        return redirect("admin:articles_article_history", article.pk)
    message = _("Edition %(old)d was restored as edition %(number)d, a new draft.")
    message %= {"number": draft.number, "old": edition.number}
    log_change(request, message, article)
    messages.success(request, message)
    return redirect("admin:articles_article_change", article.pk)


@article_view(may_withdraw)
def withdraw(request: HttpRequest, article: Article) -> HttpResponse:
    """Ask for the reason, then withdraw the article."""

    def perform(reason: str) -> None:
        workflow.withdraw(article, by=request.user, reason=reason)

    return withdrawal_page(request, article, perform)


@article_view(may_withdraw)
@require_POST
def reinstate(request: HttpRequest, article: Article) -> HttpResponse:
    message = _("The article is reinstated.")
    return _do(request, article, lambda: workflow.reinstate(article, by=request.user), message)


@article_view(may_publish)
@require_POST
def unschedule(request: HttpRequest, article: Article) -> HttpResponse:
    edition = Edition.objects.scheduled().filter(article=article).first()
    return _do(
        request,
        article,
        lambda: workflow.unschedule(edition, by=request.user),
        _("No longer scheduled: the edition is a draft again."),
        _scheduled_visits(edition),
    )


def _scheduled_visits(edition: Edition | None) -> str:
    """Name the visits that still have an hour of their own, perhaps got with the article."""
    message = _("The visit “%(visit)s” still comes out at %(at)s.")
    now = timezone.now()
    return " ".join(
        message % {"visit": visit, "at": spelled_out(visit.public_from)}
        for visit in (EditionContent.of(edition).visits if edition else [])
        if visit.public_from and visit.public_from > now
    )


@article_view(may_publish)
@require_POST
def confirm(request: HttpRequest, article: Article) -> HttpResponse:
    """Approve an edition that was published without a second person."""
    edition = get_object_or_404(article.editions, number=key_of(request.POST.get("edition")))
    message = _("Approved afterwards.")
    return _do(request, article, lambda: workflow.confirm(edition, by=request.user), message)


def _do(
    request: HttpRequest,
    article: Article,
    transition: Callable[[], None],
    message: str,
    more: str = "",
) -> HttpResponse:
    try:
        transition()
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        log_change(request, message, article)
        messages.success(request, f"{message} {more}".strip())
    return redirect("admin:articles_article_change", article.pk)
