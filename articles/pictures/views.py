"""The public view of pictures."""

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from articles.models import Picture
from articles.pictures.serving import picture_response


@require_safe
def media(request: HttpRequest, uuid: str, name: str) -> HttpResponseBase:
    """Answer with a rendition of a picture that a public edition uses."""
    picture = get_object_or_404(Picture.objects.public(), uuid=uuid)
    response = picture_response(picture, name, request)
    # Feed readers in a browser, and other sites' cards, show it.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
