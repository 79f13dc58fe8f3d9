"""The views behind a preview link: an unpublished edition, and its pictures."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from articles.pictures.serving import picture_response
from articles.previews import page as previews
from articles.previews.links import note_opening, opened


@require_safe
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """Answer with the edition that a link opens.

    Links that expired, were revoked or never existed get the same answer.
    """
    at = timezone.now()
    link = opened(token, at)
    if link is None:
        response = render(request, "articles/no_preview.html", status=404)
        previews.keep_private(response)
        return response
    note_opening(link, at)
    edition = previews.saved(link.edition_id)
    own = {str(uuid) for uuid in previews.pictures_of(edition).values_list("uuid", flat=True)}

    def locate(uuid: str, name: str) -> str:
        return reverse("articles:preview_media", args=[token, uuid, name]) if uuid in own else ""

    return previews.page(
        request,
        edition,
        at,
        locate=locate,
        topic_rows=edition.topic_items.all(),
        # The link does not lift the embargo of other engagements.
        also_covers=edition.also_covers.public(at).oldest_first(),
        is_draft=True,
    )


@require_safe
def preview_media(request: HttpRequest, token: str, uuid: str, name: str) -> HttpResponseBase:
    """Answer with a picture of the edition that a link opens."""
    link = opened(token, timezone.now())
    if link is None:
        raise Http404
    picture = get_object_or_404(previews.pictures_of(link.edition), uuid=uuid)
    response = picture_response(picture, name)
    previews.keep_private(response)
    return response
