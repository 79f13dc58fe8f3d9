"""An article's links for people without an account: made, listed, revoked."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from articles.authoring.views.base import article_view
from articles.models import Article, PreviewLink
from articles.previews import links
from articles.roles import may_view
from engagements.admin.pages import desk_page, log_change
from engagements.dates import spelled_out


@article_view(may_view)
def link_list(request: HttpRequest, article: Article) -> HttpResponse:
    """List an article's links; on POST, make one and show its address this one time."""
    made = _make(request, article) if request.method == "POST" else {}
    at = timezone.now()
    return desk_page(
        request,
        "admin/articles/article/links.html",
        _("Links for outsiders: “%s”") % article,
        row=article,
        links=links.links_of(article, at),
        editions=links.previewable(article, at),
        lifetimes=[(key, name) for key, (name, _length) in links.LIFETIMES.items()],
        **made,
    )


def _make(request: HttpRequest, article: Article) -> dict[str, Any]:
    """Make the link that was asked for; return the page's context: its address or an error."""
    number, lifetime = request.POST.get("edition", ""), request.POST.get("lifetime", "")
    editions = {str(row.number): row for row in links.previewable(article)}
    chosen: dict[str, Any] = {"number": number, "lifetime": lifetime}
    if number not in editions:
        error = _("That edition is public by now, or there is a newer one. Choose again.")
        return {**chosen, "error": error}
    if lifetime not in links.LIFETIMES:
        return {**chosen, "error": _("Choose for how long the link is to work.")}
    try:
        link, token = links.make(editions[number], by=request.user, lifetime=lifetime)
    except ValidationError as error:
        return {**chosen, "error": " ".join(error.messages)}
    message = _("Made a link for outsiders to edition %(number)s, until %(at)s.")
    message %= {"number": number, "at": spelled_out(link.expires_at)}
    log_change(request, message, article)
    address = request.build_absolute_uri(reverse("articles:preview", args=[token]))
    return {"made": link, "address": address}


@article_view(may_view)
@require_POST
def revoke(request: HttpRequest, article: Article, link_id: int) -> HttpResponse:
    """End a link, whoever made it."""
    link = PreviewLink.objects.filter(edition__article=article, pk=link_id)
    if link.revoke(by=request.user):
        log_change(request, _("Revoked a link for outsiders."), article)
        messages.success(request, _("Revoked: the link leads nowhere from now on."))
    else:
        messages.info(request, _("That link had been ended already."))
    return redirect("admin:articles_article_links", article.pk)
