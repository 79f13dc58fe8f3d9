"""Finds the subjects of timelines that have a public page."""

import datetime as dt

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404

from articles.models import Edition
from articles.timeline.index import Kind, Term
from engagements.models import (
    Country,
    EngagementTopic,
    Organisation,
    Person,
    Region,
    Topic,
)
from engagements.visibility import is_public


def public_topics(at: dt.datetime | None = None) -> QuerySet[Topic]:
    """Return the topics of public engagements and articles.

    The name of any other topic could tell what is planned.
    """
    tagged = EngagementTopic.objects.filter(is_public(at, "content_object__"))
    editions = Edition.objects.public(at).filter(topic_items__tag=OuterRef("pk"))
    return Topic.objects.filter(Exists(tagged.filter(tag=OuterRef("pk"))) | Exists(editions))


Subject = Region | Country | Person | Organisation | Topic


def public_subjects(kind: str, at: dt.datetime | None = None) -> QuerySet:
    """Return the subjects of a kind that have a public page.

    Each region and country has one: they are reference data. People, organisations and topics have
    one if something public names them, so that no address tells what is planned.
    """
    match kind:
        case "region":
            return Region.objects.all()
        case "country":
            return Country.objects.all()
        case "person":
            return Person.objects.public(at)
        case "organisation":
            return Organisation.objects.public(at)
        case "topic":
            return public_topics(at)
    raise ValueError(kind)


def find(kind: str, key: dict[str, str], at: dt.datetime | None = None) -> Subject:
    """Return the subject with a slug or code; raise `Http404` if it has no public page."""
    subject = public_subjects(kind, at).filter(**key).first()
    if subject is None:
        raise Http404
    return subject


KINDS = {
    "region": Kind.REGION,
    "country": Kind.COUNTRY,
    "person": Kind.PERSON,
    "organisation": Kind.ORGANISATION,
    "topic": Kind.TOPIC,
}


def term_of(subject: Subject) -> Term:
    return Term(KINDS[str(subject._meta.model_name)], subject.pk)
