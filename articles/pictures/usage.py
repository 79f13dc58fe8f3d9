"""The uses of a picture in editions, and the sentence that refuses to delete a used one."""

import hashlib
from typing import NamedTuple

from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import Edition, Picture, StoryPicture
from articles.richtext import embedded_images

MOST_NAMED = 3  # uses in a sentence


class Use(NamedTuple):
    """The use of a picture in an edition: above the story, in it, or both."""

    edition: Edition
    is_lead: bool
    is_in_story: bool
    status: str  # of the edition now: "published", "draft"…

    @property
    def place(self) -> str:
        if self.is_lead and self.is_in_story:
            return _("above the story and in it")
        return _("above the story") if self.is_lead else _("in the story")


def uses_of(picture: Picture) -> list[Use]:
    """Return the uses of a picture, newest first, with a constant number of queries."""
    at = timezone.now()
    in_stories = StoryPicture.objects.filter(picture=picture).values("edition")
    editions = Edition.objects.filter(Q(picture=picture) | Q(pk__in=in_stories))
    held = set(in_stories.values_list("edition", flat=True))
    return [
        Use(edition, edition.picture_id == picture.pk, edition.pk in held, edition.status_at(at))
        for edition in editions.select_related("article").defer("body").order_by("-pk")
    ]


def why_not_deleted(picture: Picture) -> str:
    """Return the sentence that refuses to delete a picture and names its latest uses."""
    uses = uses_of(picture)
    named = [
        _("“%(headline)s” (%(place)s, edition %(number)d, %(status)s)")
        % {
            "headline": use.edition.headline,
            "place": use.place,
            "number": use.edition.number,
            "status": use.status,
        }
        for use in uses[:MOST_NAMED]
    ]
    if len(uses) > MOST_NAMED:
        named.append(_("and %d more") % (len(uses) - MOST_NAMED))
    sentence = _("“%(picture)s” cannot be deleted, because it is used: %(uses)s.")
    return sentence % {"picture": picture, "uses": ", ".join(named)}


def fingerprints(edition: Edition) -> str:
    """Return a text that changes with the file, the credit or the licence of an edition's pictures.

    Within a transaction their rows are locked until its end.
    """
    keys = [image.picture for image in embedded_images(edition.body)]
    if not keys and not edition.picture_id:
        return ""
    used = Picture.objects.filter(Q(pk=edition.picture_id) | Q(uuid__in=keys)).order_by("pk")
    rows = used.select_for_update() if connection.in_atomic_block else used
    return " ".join(
        hashlib.sha256("\n".join([row.digest, row.credit, row.licence]).encode()).hexdigest()[:16]
        for row in rows
    )
