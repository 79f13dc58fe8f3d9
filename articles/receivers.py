"""What follows a change: the content version, the indexes, WebSub and the mails.

Django sends no signals for `update()` and `bulk_create()`: code that uses them on facts or coverage
calls `refresh_engagements()`.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.utils import timezone

from articles.caching.batch import engagements_changed, refresh_engagements
from articles.models import Article, Edition, EditionTopic
from articles.notifications import enqueue
from articles.publishing.workflow import transitioned
from articles.syndication import index as syndication_index
from articles.syndication import websub
from articles.timeline import index as timeline_index
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
)


def _refresh_indexes(engagements: Collection[int], **kwargs: Any) -> None:
    """Refresh the index entries of engagements, and announce changed feeds to the hub."""
    for at in _update_moments(timeline_index.refresh(engagements)):
        websub.announce([websub.UPDATES], at)
    for at, terms in syndication_index.refresh(engagements).items():
        websub.announce(terms, at)


def _update_moments(moved: dict[int, dt.datetime]) -> set[dt.datetime]:
    """Return the moments at which updates of actions appear or disappear with their engagements.

    `moved`: the moments at which engagements become public or are hidden, by pk.
    """
    if not (settings.WEBSUB_HUB and moved):
        return set()
    updates = ActionUpdate.objects.effective().filter(action__outcome__engagement__in=moved)
    return {moved[pk] for pk in updates.values_list("action__outcome__engagement", flat=True)}


def _of_outcome(action: Action) -> list[int]:
    return list(Outcome.objects.filter(pk=action.outcome_id).values_list("engagement", flat=True))


def _of_organisation(organisation: Organisation) -> Iterable[int]:
    # An engagement takes the countries of the organisations that take part in it.
    return organisation.participations.values_list("engagement", flat=True).distinct()


def _of_article(article: Article) -> set[int]:
    approved = article.editions.filter(state=Edition.State.APPROVED)
    covered = set(approved.values_list("engagement", flat=True))
    return {pk for pk in covered.union(approved.values_list("also_covers", flat=True)) if pk}


def _of_edition_topic(row: EditionTopic) -> Iterable[int]:
    edition = row.content_object
    # Drafts are not in the indexes.
    return _of_article(edition.article) if edition.state == Edition.State.APPROVED else []


def _of_edition(edition: Edition) -> set[int]:
    # Also the engagements of earlier editions, and its own if it is no longer approved.
    rounded_up = edition.also_covers.values_list("pk", flat=True) if edition.pk else []
    own = {pk for pk in (edition.engagement_id, *rounded_up) if pk}
    return own | _of_article(edition.article)


# By model, the function that returns the pks of engagements whose entries depend on a row.
_DECIDES: dict[type[Model], Callable[[Any], Iterable[int]]] = {
    Engagement: lambda engagement: [engagement.pk],
    Participant: lambda participant: [participant.engagement_id],
    EngagementRegion: lambda row: [row.engagement_id],
    EngagementTopic: lambda row: [row.content_object_id],
    Outcome: lambda outcome: [outcome.engagement_id],
    Action: _of_outcome,
    Organisation: _of_organisation,
    Article: _of_article,
    Edition: _of_edition,
    EditionTopic: _of_edition_topic,
    Edition.also_covers.through: lambda row: [row.engagement_id],
}


def _row_changed(sender: type[Model], instance: Model, **kwargs: Any) -> None:
    if kwargs.get("raw"):
        return  # a fixture: `rebuild_timelines` follows it
    find = _DECIDES.get(sender)
    refresh_engagements(set(find(instance)) if find else [])
    now = timezone.now()
    match instance:
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
    covered: Iterable[int] = []
    if sender is Edition.also_covers.through:
        covered = kwargs["pk_set"] or [] if isinstance(instance, Edition) else [instance.pk]
    refresh_engagements(set(covered))


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
