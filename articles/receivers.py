"""What follows a change: the content version, the indexes, WebSub and the mails.

Django sends no signals for `update()` and `bulk_create()`: code that uses them on facts or coverage
calls `refresh_engagements()`. So does code that moves a row from one engagement to another: the
signal tells of the new one alone.
"""

import datetime as dt
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.utils import timezone

from articles.caching.batch import engagements_changed, refresh_engagements, wait_for_writers
from articles.caching.scopes import (
    EVERYTHING,
    article_scope,
    engagement_scope,
    subject_scope,
    tour_scope,
)
from articles.models import (
    Article,
    Edition,
    EditionTopic,
    FeedEntry,
    Picture,
    Rendition,
    StoryPicture,
)
from articles.notifications import enqueue
from articles.publishing.workflow import transitioned
from articles.syndication import index as syndication_index
from articles.syndication import websub
from articles.timeline import index as timeline_index
from articles.timeline.index import Kind, Term
from engagements.models import (
    Action,
    ActionUpdate,
    Correction,
    DateChange,
    Engagement,
    EngagementRegion,
    EngagementTopic,
    Organisation,
    Outcome,
    Participant,
    Person,
    Source,
    Topic,
    Tour,
)


def _refresh_indexes(engagements: Collection[int], **kwargs: Any) -> set[str]:
    """Refresh the index entries of engagements, and announce changed feeds to the hub.

    Return the scopes of the engagements: their own, and those of what lists or listed them.
    """
    entries = timeline_index.refresh(engagements)
    for at in _update_moments(entries.moments):
        websub.announce([websub.UPDATES], at)
    feeds = syndication_index.refresh(engagements)
    for at, terms in feeds.changed.items():
        websub.announce(terms, at)
    tours = Tour.objects.filter(engagements__in=engagements).order_by().distinct()
    return {
        *map(engagement_scope, engagements),
        *map(article_scope, feeds.articles),
        *(subject_scope(*term) for term in entries.terms | feeds.terms | _owners(engagements)),
        *map(tour_scope, tours.values_list("pk", flat=True)),
    }


def _owners(engagements: Collection[int]) -> set[Term]:
    """Return the countries and organisations whose pages list actions of engagements."""
    actions = Action.objects.filter(outcome__engagement__in=engagements).order_by()
    return {
        Term(kind, pk)
        for pair in actions.values_list("owner_country", "owner_organisation").distinct()
        for kind, pk in zip((Kind.COUNTRY, Kind.ORGANISATION), pair, strict=True)
        if pk
    }


def _update_moments(moved: dict[int, dt.datetime]) -> set[dt.datetime]:
    """Return the moments at which updates of actions appear or disappear with their engagements.

    `moved`: the moments at which engagements become public or are hidden, by pk.
    """
    if not (settings.WEBSUB_HUB and moved):
        return set()
    updates = ActionUpdate.objects.effective().filter(action__outcome__engagement__in=moved)
    return {moved[pk] for pk in updates.values_list("action__outcome__engagement", flat=True)}


class Change(NamedTuple):
    """What a changed row concerns: engagements, by pk, and scopes besides theirs."""

    engagements: Collection[int] = ()
    scopes: Collection[str] = ()


def _of_outcome(pk: int) -> Change:
    return Change(Outcome.objects.filter(pk=pk).values_list("engagement", flat=True))


def _of_action(pk: int) -> Change:
    return Change(Action.objects.filter(pk=pk).values_list("outcome__engagement", flat=True))


def _everything_if(*published: QuerySet) -> Change:
    """Return everything if any rows exist: the names of people and topics stand on many pages."""
    return Change(scopes=[EVERYTHING] if any(rows.exists() for rows in published) else [])


def _of_person(pk: int) -> Change:
    taking_part = Participant.objects.filter(person=pk)
    return _everything_if(taking_part.filter(engagement__public_from__isnull=False))


def _of_organisation(organisation: Organisation) -> Change:
    taking_part = organisation.participations.all()
    owned = Action.objects.filter(owner_organisation=organisation)
    named = _everything_if(
        taking_part.filter(engagement__public_from__isnull=False),
        owned.filter(outcome__engagement__public_from__isnull=False),
        organisation.appointments.all(),
    )
    # An engagement takes the countries of the organisations that take part in it.
    return named._replace(engagements=taking_part.values_list("engagement", flat=True).distinct())


def _of_topic(topic: Topic) -> Change:
    return _everything_if(
        EngagementTopic.objects.filter(tag=topic, content_object__public_from__isnull=False),
        EditionTopic.objects.filter(tag=topic, content_object__state=Edition.State.APPROVED),
    )


def _of_articles(articles: Collection[int]) -> Change:
    """Return the engagements that articles cover, or are going to; of drafts there are none."""
    approved = Edition.objects.filter(article__in=articles, state=Edition.State.APPROVED)
    rows = approved.values_list("article", "engagement", "also_covers")
    published, *covered = zip(*rows, strict=True) if rows else ((), (), ())
    topics = EditionTopic.objects.filter(content_object__in=approved).values_list("tag", flat=True)
    return Change(
        {pk for column in covered for pk in column if pk},
        {*map(article_scope, published), *(subject_scope(Kind.TOPIC, pk) for pk in topics)},
    )


def _of_edition(edition: Edition) -> Change:
    """Return all that the article covers, or nothing for a draft, which no reader sees."""
    if edition.state != Edition.State.APPROVED:
        was_approved = FeedEntry.objects.filter(edition=edition.pk)
        if not was_approved.exists():
            return Change()
    # Also its own engagements, if it is no longer approved.
    rounded_up = edition.also_covers.values_list("pk", flat=True) if edition.pk else []
    own = {pk for pk in (edition.engagement_id, *rounded_up) if pk}
    change = _of_articles([edition.article_id])
    return Change({*own, *change.engagements}, {*change.scopes, article_scope(edition.article_id)})


def _of_picture(pk: int) -> Change:
    used = Q(picture=pk) | Q(story_pictures__picture=pk)
    approved = Edition.objects.filter(used, state=Edition.State.APPROVED)
    # No index holds a picture, so that the engagements stay as they are.
    return Change(scopes=set(map(article_scope, approved.values_list("article", flat=True))))


# By model, the function that returns what a changed row concerns. A row of another model, such as a
# region, may concern any page.
_CHANGE_OF: dict[type[Model], Callable[[Any], Change]] = {
    Engagement: lambda engagement: Change([engagement.pk]),
    Participant: lambda participant: Change([participant.engagement_id]),
    EngagementRegion: lambda row: Change([row.engagement_id]),
    EngagementTopic: lambda row: Change([row.content_object_id]),
    DateChange: lambda row: Change([row.engagement_id]),
    Correction: lambda row: Change([row.engagement_id]),
    Source: lambda source: Change([source.engagement_id]),
    Tour: lambda tour: Change(tour.engagements.values_list("pk", flat=True)),
    Outcome: lambda outcome: Change([outcome.engagement_id]),
    Action: lambda action: _of_outcome(action.outcome_id),
    ActionUpdate: lambda update: _of_action(update.action_id),
    Person: lambda person: _of_person(person.pk),
    Organisation: _of_organisation,
    Topic: _of_topic,
    Article: lambda article: _of_articles([article.pk]),
    Edition: _of_edition,
    EditionTopic: lambda row: _of_edition(row.content_object),
    StoryPicture: lambda row: _of_edition(row.edition),
    Picture: lambda picture: _of_picture(picture.pk),
    Rendition: lambda rendition: _of_picture(rendition.picture_id),
}


def _change_of(row: Model) -> Change:
    decide = _CHANGE_OF.get(type(row))
    return decide(row) if decide else Change(scopes=[EVERYTHING])


def _row_changed(sender: type[Model], instance: Model, **kwargs: Any) -> None:
    if kwargs.get("raw"):
        return  # a fixture: `rebuild_timelines` follows it
    if sender is Article and (kwargs.get("update_fields") or {""}) <= Article.OF_THE_DESK:
        return
    wait_for_writers()
    refresh_engagements(*_change_of(instance))
    now = timezone.now()
    match instance:
        case Tour() if kwargs["signal"] is post_delete:
            # Its former stops no longer name it.
            refresh_engagements([], [tour_scope(instance.pk)])
        case ActionUpdate():
            public_from = instance.action.outcome.engagement.public_from
            if public_from:
                websub.announce([websub.UPDATES], max(now, public_from))
        case Correction() | DateChange():
            websub.announce([websub.CORRECTIONS], now)
        case Edition(public_from=dt.datetime() as moment) if instance.is_correction:
            websub.announce([websub.CORRECTIONS], max(now, moment))


def _relation_changed(sender: type[Model], instance: Model, action: str, **kwargs: Any) -> None:
    if not action.startswith("post_"):
        return
    wait_for_writers()
    changes = [_change_of(instance)]
    if sender is Edition.also_covers.through:
        others = kwargs["pk_set"] or ()
        if isinstance(instance, Engagement):
            changes += map(_of_edition, Edition.objects.filter(pk__in=others))
        elif changes[0].scopes:
            # Those that were removed as well.
            changes.append(Change(others))
    for change in changes:
        refresh_engagements(*change)


def connect() -> None:
    """Connect to every model of facts and coverage, except those with `changes_pages = False`.

    Rows of these are derived from others, or on no page: the audit log, messages, autosaves.
    """
    transitioned.connect(enqueue.notify, dispatch_uid="articles.receivers.mails")
    engagements_changed.connect(_refresh_indexes, dispatch_uid="articles.receivers.indexes")
    for label in ("articles", "engagements"):
        for model in apps.get_app_config(label).get_models(include_auto_created=True):
            if getattr(model, "changes_pages", True):
                name = f"articles.receivers.{model._meta.label}"
                post_save.connect(_row_changed, sender=model, dispatch_uid=name)
                post_delete.connect(_row_changed, sender=model, dispatch_uid=name)
                m2m_changed.connect(_relation_changed, sender=model, dispatch_uid=name)
