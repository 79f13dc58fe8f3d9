"""An article's links for people without an account: made, listed, revoked."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from articles.models import Article, PreviewLink
from articles.previews import links
from engagements.dates import spelled_out


class PreviewLinks(admin.ModelAdmin):
    """Whoever may see the draft may let somebody else see it, and may end what others made."""

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<int:article_id>/links/", view(self.links_view), name="articles_article_links"),
            path(
                "<int:article_id>/links/<int:link_id>/revoke/",
                view(require_POST(self.revoke_link_view)),
                name="articles_article_revoke_link",
            ),
            *super().get_urls(),
        ]

    def links_view(self, request: HttpRequest, article_id: int) -> HttpResponse:
        article = self._article_to_show(request, article_id)
        made = self._make_link(request, article) if request.method == "POST" else {}
        at = timezone.now()
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("Links for outsiders: “%s”") % article,
            "opts": self.opts,
            "original": article,
            "links": links.links_of(article, at),
            "editions": links.previewable(article, at),
            "lifetimes": [(key, name) for key, (name, _length) in links.LIFETIMES.items()],
            **made,
        }
        # `admin_view` lets nobody keep the page, which may show an address.
        return TemplateResponse(request, "admin/articles/article/links.html", context)

    def _make_link(self, request: HttpRequest, article: Article) -> dict[str, Any]:
        """Make what the form asks for; return what the page says of it."""
        number, lifetime = request.POST.get("edition", ""), request.POST.get("lifetime", "")
        editions = {str(row.number): row for row in links.previewable(article)}
        chosen: dict[str, Any] = {"number": number, "lifetime": lifetime}
        if number not in editions:
            said = _("That edition is public by now, or there is a newer one. Choose again.")
            return {**chosen, "error": said}
        if lifetime not in links.LIFETIMES:
            return {**chosen, "error": _("Choose for how long the link is to work.")}
        try:
            link, token = links.make(editions[number], by=request.user, lifetime=lifetime)
        except ValidationError as error:
            return {**chosen, "error": " ".join(error.messages)}
        told = {"number": number, "at": spelled_out(link.expires_at)}
        said = _("Made a link for outsiders to edition %(number)s, until %(at)s.") % told
        self.log_change(request, article, said)
        address = request.build_absolute_uri(reverse("articles:preview", args=[token]))
        return {"made": link, "address": address}

    def revoke_link_view(self, request: HttpRequest, article_id: int, link_id: int) -> HttpResponse:
        article = self._article_to_show(request, article_id)
        found = PreviewLink.objects.filter(edition__article=article, pk=link_id)
        if found.revoke(by=request.user):
            self.log_change(request, article, _("Revoked a link for outsiders."))
            messages.success(request, _("Revoked: the link leads nowhere from now on."))
        else:
            messages.info(request, _("That link had been ended already."))
        return HttpResponseRedirect(reverse("admin:articles_article_links", args=[article.pk]))

    def _article_to_show(self, request: HttpRequest, pk: int) -> Article:
        article = get_object_or_404(Article.objects.with_headline(), pk=pk)
        if not self.has_view_permission(request, article):
            raise PermissionDenied
        return article
