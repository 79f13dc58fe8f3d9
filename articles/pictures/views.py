"""Pictures at their public address."""

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from articles.models import Picture
from articles.pictures.serving import picture_response


@require_safe
def media(request: HttpRequest, uuid: str, name: str) -> HttpResponseBase:
    """Answer with a picture's rendition, to everybody while a public edition uses it."""
    picture = get_object_or_404(Picture.objects.public(), uuid=uuid)
    return picture_response(picture, name, request)
