"""Pictures as the desk shows them, whether or not they are public."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from articles.models import Picture
from engagements.admin.pages import change_url


def desk_address(picture: Picture) -> str:
    """Return the desk's address of a picture ("": no file)."""
    return _file_address(picture, picture.fallback)


def _file_address(picture: Picture, rendition: Any) -> str:
    if rendition is None:
        return ""
    return reverse("admin:articles_picture_file", args=[picture.uuid, rendition.name])


def picture_data(picture: Picture) -> dict[str, Any]:
    """Return a picture as JSON data for the scripts."""
    return {
        "id": picture.pk,
        "uuid": str(picture.uuid),
        "name": str(picture),
        "alt": picture.alt,
        "caption": picture.caption,
        "credit": picture.credit,
        "licence": picture.licence,
        "thumbnail": _file_address(picture, picture.thumbnail),
        "preview": desk_address(picture),
        "page": change_url(picture),
    }


def picture_preview(picture: Picture) -> SafeString:
    """Return a picture as HTML."""
    address = desk_address(picture)
    image = '<img class="picture-preview" src="{}" alt="">'
    return format_html(image, address) if address else SafeString()
