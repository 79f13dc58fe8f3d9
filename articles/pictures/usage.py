"""Where a picture is used: above or in which edition, and whether readers see it there."""

from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import Edition, Figure, Picture

TOLD = 3  # uses that a sentence names


class Use(NamedTuple):
    edition: Edition
    is_lead: bool
    is_figure: bool
    status: str  # "published", "draft"…: the edition's, now

    @property
    def place(self) -> str:
        if self.is_lead and self.is_figure:
            return _("above the story and in it")
        return _("above the story") if self.is_lead else _("in the story")


def uses_of(picture: Picture) -> list[Use]:
    """Return the uses, newest first, in a number of queries that does not grow."""
    at = timezone.now()
    figures = Figure.objects.filter(picture=picture).values("edition")
    editions = Edition.objects.filter(Q(picture=picture) | Q(pk__in=figures))
    held = set(figures.values_list("edition", flat=True))
    return [
        Use(edition, edition.picture_id == picture.pk, edition.pk in held, edition.status_at(at))
        for edition in editions.select_related("article").defer("body").order_by("-pk")
    ]


def why_not_deleted(picture: Picture) -> str:
    """Return a sentence that names the first of the uses."""
    uses = uses_of(picture)
    named = [
        _("“%(headline)s” (%(place)s, edition %(number)d, %(status)s)")
        % {
            "headline": use.edition.headline,
            "place": use.place,
            "number": use.edition.number,
            "status": use.status,
        }
        for use in uses[:TOLD]
    ]
    if len(uses) > TOLD:
        named.append(_("and %d more") % (len(uses) - TOLD))
    told = _("“%(picture)s” is not deleted, because it is used: %(uses)s.")
    return told % {"picture": picture, "uses": ", ".join(named)}
