"""The engagements of a timeline, read from the facts: what the index is held to."""

import datetime as dt

from django.db.models import Q

from articles.timeline.subjects import Subject
from engagements.models import Country, Engagement, Organisation, Participant, Person, Region, Topic
from engagements.models.engagement import EngagementQuerySet


def engagements_of(subject: Subject, at: dt.datetime | None = None) -> EngagementQuerySet:
    """Return the public engagements on the subject's timeline."""
    public = Engagement.objects.public(at)
    match subject:
        case Region():
            return public.in_region(subject)
        case Country():
            # Or to which one of its bodies is a party, wherever they were.
            party = Q(country=subject) | Q(organisation__country=subject)
        case Person():
            party = Q(person=subject)
        case Organisation():
            party = Q(organisation=subject)
        case Topic():
            return public.filter(topic_items__tag=subject)
    return public.filter(pk__in=Participant.objects.filter(party).values("engagement"))
