"""Stories with the pictures that are embedded in them."""

from collections.abc import Iterable

from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from articles.models import Picture
from articles.richtext import EmbeddedImage, embedded_images, render_story


def pictures_by_key(
    keys: Iterable[str], among: QuerySet[Picture] | None = None
) -> dict[str, Picture]:
    """Return pictures with their renditions by uuid; for no keys without a query."""
    wanted = set(keys)
    if not wanted:
        return {}
    found = Picture.objects.all() if among is None else among
    rows = found.filter(uuid__in=wanted).prefetch_related("renditions")
    return {str(picture.uuid): picture for picture in rows}


def with_images(
    body: str, among: QuerySet[Picture] | None = None, *, at_desk: bool = False
) -> SafeString:
    """Return a story's HTML with those of its pictures that are `among` (`None`: any).

    Each of the others is replaced by its alternative text and caption.
    """
    pictures = pictures_by_key((image.picture for image in embedded_images(body)), among)

    def show(image: EmbeddedImage) -> str:
        picture = pictures.get(image.picture)
        context = {"image": image, "picture": picture, "at_desk": at_desk}
        if picture is None and among is None:
            return ""
        return render_to_string("includes/embedded_image.html", context)

    return render_story(body, show)
