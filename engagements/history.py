"""The history of facts: each save records an engagement and all its rows as one revision."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import reversion
from django.db import models
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from reversion.models import Revision, Version

from engagements.dates import PartialDate
from engagements.models import (
    Action,
    ActionUpdate,
    Correction,
    DateChange,
    Engagement,
    EngagementRegion,
    EngagementTopic,
    Outcome,
    Participant,
    Source,
)

# Fields of an engagement that are no facts: a revert leaves them, and no snapshot holds them.
NO_FACTS = {
    "id", "uuid", "slug", "public_from", "withdrawn_at", "withdrawn_reason", "created_by",
    "created_at", "updated_at", "search_text", "sort_date", "topics", "regions",
}  # fmt: skip
# Fields of its rows that are none: the key to the engagement, and what follows from other rows.
NO_FACTS_OF_ROWS = {
    "id", "engagement", "outcome", "action", "content_object", "reported_at", "due_changes",
    "updated_at", "owner_name",
}  # fmt: skip
# In the order in which they can be written.
ROWS: list[type[models.Model]] = [
    Source, Participant, Outcome, Action, ActionUpdate, EngagementTopic, EngagementRegion,
    DateChange, Correction,
]  # fmt: skip
MODELS: list[type[models.Model]] = [Engagement, *ROWS]

# The columns of a row; rows by model and pk; the texts of what they point to by model and pk.
Row = dict[str, Any]
Rows = dict[type[models.Model], dict[int, Row]]
Names = dict[tuple[type[models.Model], int], str]
# The facts in words, by section ("Participants") and row.
Snapshot = dict[tuple[str, str], str]


def register() -> None:
    """Let django-reversion store an engagement with all its rows."""
    follow: dict[type[models.Model], list[str]] = {
        Engagement: [
            "participants", "sources", "outcomes", "topic_items", "region_rows", "date_changes",
            "corrections",
        ],
        Outcome: ["actions"],
        Action: ["updates"],
    }  # fmt: skip
    for model in MODELS:
        # Their rows are models of their own.
        exclude = ("topics", "regions") if model is Engagement else ()
        reversion.register(model, follow=follow.get(model, []), exclude=exclude)


def revisions_of(engagement: Engagement) -> models.QuerySet[Version]:
    """Return a version of the engagement for each of its revisions, the newest first."""
    return Version.objects.get_for_object(engagement).select_related("revision__user")


def record(pk: int, *, by: Any = None, comment: str = "") -> None:
    """Store the engagement and all its rows, as they are now, as one revision."""
    engagement = (
        Engagement.objects.with_parties()
        .select_related("tour")
        .prefetch_related(
            "participants__sources", "sources", "outcomes__sources",
            "outcomes__actions__updates__sources", "topic_items__content_object",
            "topic_items__tag", "region_rows__region", "date_changes", "corrections",
        )
        .get(pk=pk)
    )  # fmt: skip
    with reversion.create_revision(manage_manually=True):
        if by is not None:
            reversion.set_user(by)
        reversion.set_comment(comment)
        reversion.add_to_revision(engagement)


def record_first(pk: int) -> None:
    """Record the state before the first change, if the engagement has no revision yet."""
    if Engagement.objects.filter(pk=pk).exists() and not newest_revisions([pk]):
        record(pk, comment=_("As it was before its history began."))


@contextmanager
def recorded(pk: int, *, by: Any, comment: str) -> Iterator[None]:
    """Record the engagement before its first change, and after the change made within."""
    record_first(pk)
    yield
    record(pk, by=by, comment=comment)


def newest_revisions(pks: Iterable[int]) -> dict[int, int]:
    """Return the number of each engagement's newest revision; those without one are left out."""
    versions = Version.objects.get_for_model(Engagement).filter(object_id__in=[*map(str, pks)])
    newest = versions.order_by().values("object_id").annotate(newest=models.Max("pk"))
    return {int(row["object_id"]): row["newest"] for row in newest}


# What a revision holds


def rows_of(revision: Revision) -> Rows:
    """Return the columns of each row of a revision."""
    rows: Rows = defaultdict(dict)
    for version in revision.version_set.select_related("content_type").order_by("pk"):
        rows[version.content_type.model_class()][int(version.object_id)] = version.field_dict
    return rows


def fields_of(model: type[models.Model]) -> list[Any]:
    """Return the fields of a model that state facts."""
    excluded = NO_FACTS if model is Engagement else NO_FACTS_OF_ROWS
    fields = [*model._meta.concrete_fields, *model._meta.local_many_to_many]
    return [field for field in fields if field.name not in excluded]


def names_of(rows: Rows) -> Names:
    """Return the present names of all that the rows point to; what is gone has none."""
    targets: dict[type[models.Model], set[int]] = defaultdict(set)
    for model, of_model in rows.items():
        for field in filter(lambda field: field.is_relation, fields_of(model)):
            for row in of_model.values():
                targets[field.related_model].update(_keys(field, row))
    return {
        (model, pk): str(target)
        for model, pks in targets.items()
        for pk, target in model._default_manager.in_bulk(pks).items()
    }


def _keys(field: Any, row: Row) -> list[int]:
    """Return the keys that a row holds in a field that points to other rows."""
    value = row.get(field.attname)
    if not value:
        return []
    return [int(pk) for pk in (value if field.many_to_many else [value])]


def snapshot_of(revision: Revision) -> Snapshot:
    return snapshot(rows_of(revision))


def snapshot(rows: Rows) -> Snapshot:
    """Return the facts that the rows state, in words."""
    names = names_of(rows)
    facts: Snapshot = {}
    for row in rows[Engagement].values():
        facts |= {(label, ""): text for label, text in _texts(Engagement, row, names)}
    for model in ROWS:
        section = capfirst(str(model._meta.verbose_name_plural))
        for pk, row in rows[model].items():
            texts = [(label, text) for label, text in _texts(model, row, names) if text]
            if model is EngagementTopic:
                facts[_("Topics"), str(pk)] = "; ".join(text for _label, text in texts)
            else:
                facts[section, str(pk)] = "; ".join(": ".join(pair) for pair in texts)
    return facts


def _texts(model: type[models.Model], row: Row, names: Names) -> Iterator[tuple[str, str]]:
    """Yield the label and the text of each fact that a row states."""
    for field in fields_of(model):
        value = row.get(field.attname)
        if field.name.endswith("_precision"):
            continue
        label = capfirst(str(field.verbose_name))
        name = field.name.removesuffix("_date")
        if field.is_relation:
            gone = _("(no longer there)")
            keys = _keys(field, row)
            text = ", ".join(names.get((field.related_model, pk), gone) for pk in keys)
        elif f"{name}_precision" in row:
            label = capfirst(name.replace("_", " "))
            text = str(PartialDate(value, row[f"{name}_precision"])) if value else ""
        elif field.choices:
            text = str(dict(field.flatchoices).get(value, value))
        elif isinstance(value, bool):
            text = _("yes") if value else _("no")
        elif isinstance(value, dt.datetime):
            text = f"{timezone.localtime(value):%Y-%m-%d %H:%M %Z}"
        else:
            text = "" if value is None else str(value)
        yield label, text
