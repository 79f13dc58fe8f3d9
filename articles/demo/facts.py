"""Saves an engagement with its related rows, for both the real and the invented record."""

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.text import slugify

from engagements.models import Engagement, Participant, Person, Source, Topic
from engagements.regions import derive_regions


def save_engagement(
    *, people: list[Participant], topics: list[str], sources: list[Source], **columns: Any
) -> Engagement:
    """Validate and save an engagement with its participants, topics and sources.

    Constraints are left to the database: to ask it for each one first is a third of a load.
    """
    columns.setdefault("public_from", timezone.now() - dt.timedelta(days=200))
    engagement = Engagement(**columns)
    engagement.full_clean(exclude=["sort_date", "search_text"], validate_constraints=False)
    engagement.save()
    for position, participant in enumerate(people):
        participant.engagement = engagement
        participant.position = position
        participant.choose_appointment()
        participant.full_clean(validate_constraints=False)
        participant.save()
    for source in sources:
        source.engagement = engagement
        source.full_clean(validate_constraints=False)
        source.save()
    rows = Topic.objects.filter(slug__in=topics)
    if len(rows) != len(topics):
        raise ValueError(f"{engagement.slug}: one of the topics {topics} does not exist")
    engagement.topics.set(rows)
    derive_regions(engagement)
    return engagement


def person(name: str, **columns: Any) -> Person:
    """Return the person of a name, created if need be."""
    defaults = {"name": name, **columns}
    return Person.objects.get_or_create(slug=slugify(name), defaults=defaults)[0]
