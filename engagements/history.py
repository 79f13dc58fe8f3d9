"""The facts' history: an engagement with all that hangs on it, as one revision a save.

A revert brings back what the facts were, and never what readers were let see: address, embargo and
withdrawal stay. What was told of a promise is append-only, so no revert takes an update away.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import reversion
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
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
from engagements.regions import derive_regions

# Of an engagement: what a revert leaves as it is, and no snapshot shows.
KEPT = {
    "id", "uuid", "slug", "public_from", "withdrawn_at", "withdrawn_reason", "created_by",
    "created_at", "updated_at", "search_text", "sort_date",
}  # fmt: skip
# Of what hangs on it: the way back to it, and what follows from other rows.
TIES = {
    "id", "engagement", "outcome", "action", "content_object", "reported_at", "due_changes",
    "updated_at",
}  # fmt: skip
# In the order in which rows can be written.
CHILDREN: list[type[models.Model]] = [
    Source, Participant, Outcome, Action, ActionUpdate, EngagementTopic, EngagementRegion,
    DateChange, Correction,
]  # fmt: skip
ALL: list[type[models.Model]] = [Engagement, *CHILDREN]
# What was told is only ever added to.
TOLD: list[type[models.Model]] = [ActionUpdate, DateChange, Correction]

Row = dict[str, Any]
# By section ("Participants") and row, what stood there in words.
Snapshot = dict[tuple[str, str], str]


def register() -> None:
    follow: dict[type[models.Model], list[str]] = {
        Engagement: [
            "participants", "sources", "outcomes", "topic_items", "region_rows", "date_changes",
            "corrections",
        ],
        Outcome: ["actions"],
        Action: ["updates"],
    }  # fmt: skip
    for model in ALL:
        # Their rows are models of their own.
        exclude = ("topics", "regions") if model is Engagement else ()
        reversion.register(model, follow=follow.get(model, []), exclude=exclude)


def revisions_of(engagement: Engagement) -> models.QuerySet[Version]:
    """Return a version of the engagement for each of its revisions, the newest first."""
    return Version.objects.get_for_object(engagement).select_related("revision__user")


def record(pk: int, *, by: Any = None, comment: str = "") -> None:
    """Keep the engagement as it is now, with all that hangs on it, as one revision."""
    engagement = (
        Engagement.objects.select_related("location_country", "tour")
        .prefetch_related(
            models.Prefetch(
                "participants",
                Participant.objects.select_related(
                    "country", "organisation", "person", "appointment"
                ).prefetch_related("sources"),
            ),
            "sources",
            models.Prefetch("outcomes", Outcome.objects.prefetch_related("sources")),
            "outcomes__actions",
            "outcomes__actions__updates__sources",
            models.Prefetch(
                "topic_items", EngagementTopic.objects.select_related("content_object", "tag")
            ),
            models.Prefetch("region_rows", EngagementRegion.objects.select_related("region")),
            "date_changes",
            "corrections",
        )
        .get(pk=pk)
    )
    with reversion.create_revision(manage_manually=True):
        if by is not None:
            reversion.set_user(by)
        reversion.set_comment(comment)
        reversion.add_to_revision(engagement)


def record_first(pk: int) -> None:
    """Keep what stands before the first change that history knows of."""
    if Engagement.objects.filter(pk=pk).exists() and not (
        Version.objects.get_for_object_reference(Engagement, pk).exists()
    ):
        record(pk, comment=_("As it was before its history began."))


def newest_revisions(pks: Iterable[int]) -> dict[int, int]:
    """Return the number of each engagement's newest revision; those without one are left out."""
    versions = Version.objects.get_for_model(Engagement).filter(object_id__in=[*map(str, pks)])
    newest = versions.order_by().values("object_id").annotate(newest=models.Max("pk"))
    return {int(row["object_id"]): row["newest"] for row in newest}


# What a revision holds, in words


def _rows(revision: Revision) -> dict[type[models.Model], dict[int, Row]]:
    """Return the columns of each row by its model and pk."""
    found: dict[type[models.Model], dict[int, Row]] = defaultdict(dict)
    for version in revision.version_set.select_related("content_type").order_by("pk"):
        model = version.content_type.model_class()
        if model in ALL:
            found[model][int(version.object_id)] = version.field_dict
    return found


def _named(rows: dict[type[models.Model], dict[int, Row]]) -> dict[tuple[type, int], str]:
    """Return the names, as they are today, of all that the rows point to."""
    wanted: dict[type[models.Model], set[int]] = defaultdict(set)
    for model, of_model in rows.items():
        for field in _fields(model):
            for row in of_model.values():
                value = row.get(field.attname)
                if field.is_relation and value:
                    pks = value if field.many_to_many else [value]
                    wanted[field.related_model].update(int(pk) for pk in pks)
    return {
        (model, pk): str(target)
        for model, pks in wanted.items()
        for pk, target in model._default_manager.in_bulk(pks).items()
    }


def _fields(model: type[models.Model]) -> list[Any]:
    hidden = KEPT if model is Engagement else TIES
    fields = [*model._meta.concrete_fields, *model._meta.local_many_to_many]
    return [f for f in fields if f.name not in hidden and f.name not in ("topics", "regions")]


def snapshot_of(revision: Revision) -> Snapshot:
    return _snapshot(_rows(revision))


def snapshot_after_revert(revision: Revision, newest: Revision) -> Snapshot:
    """Return what going back to a revision would leave: its facts, and all that was told since."""
    rows, present = _rows(revision), _rows(newest)
    for model in TOLD:
        rows[model] |= present[model]
    for update in present[ActionUpdate].values():
        # The reports on a promise say how it stands.
        pk = update["action_id"]
        if pk in rows[Action] and pk in present[Action]:
            rows[Action][pk] = rows[Action][pk] | {"status": present[Action][pk]["status"]}
    return _snapshot(rows)


def _snapshot(rows: dict[type[models.Model], dict[int, Row]]) -> Snapshot:
    names = _named(rows)
    found: Snapshot = {}
    for row in rows[Engagement].values():
        for label, text in _words(Engagement, row, names):
            found[label, ""] = text
    for model in CHILDREN:
        section = capfirst(str(model._meta.verbose_name_plural))
        for pk, row in rows[model].items():
            words = [(label, text) for label, text in _words(model, row, names) if text]
            if model is EngagementTopic:
                found[_("Topics"), str(pk)] = "; ".join(text for _label, text in words)
            else:
                found[section, str(pk)] = "; ".join(": ".join(pair) for pair in words)
    return found


def _words(model: type[models.Model], row: Row, names: dict) -> Iterator[tuple[str, str]]:
    for field in _fields(model):
        value = row.get(field.attname)
        if field.name.endswith("_precision"):
            continue
        label = capfirst(str(field.verbose_name))
        if field.is_relation:
            pks = value if field.many_to_many else [value] if value else []
            gone = _("(no longer there)")
            text = ", ".join(names.get((field.related_model, int(pk)), gone) for pk in pks or ())
        elif f"{field.name.removesuffix('_date')}_precision" in row:
            name = field.name.removesuffix("_date")
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


# Going back


def reasons_not_to_revert(engagement: Engagement, revision: Revision) -> list[str]:
    """Return every reason why the facts cannot be again what they were."""
    rows = _rows(revision)
    if engagement.pk not in rows[Engagement]:
        return [_("That revision is not one of this engagement.")]
    reasons = []
    names = _named(rows)
    for model, of_model in rows.items():
        if model in TOLD:
            continue
        for field in _fields(model):
            lost = [
                row
                for row in of_model.values()
                if field.many_to_one
                and row.get(field.attname)
                and (field.related_model, row[field.attname]) not in names
            ]
            if lost:
                told = {"what": str(field.verbose_name), "where": str(model._meta.verbose_name)}
                reasons.append(
                    _(
                        "A %(what)s that the %(where)s named is no longer there: it was merged or "
                        "deleted. Put the facts right by hand."
                    )
                    % told
                )
    told_since = Action.objects.filter(outcome__engagement=engagement, updates__isnull=False)
    reasons += [
        _("“%s” has been reported on, and what was told of a promise is never taken away.") % action
        for action in told_since.exclude(pk__in=rows[Action]).distinct()
    ]
    return reasons


@transaction.atomic
def revert(engagement: Engagement, revision: Revision, *, by: Any, reason: str) -> None:
    """Make the facts again what they were; raise `ValidationError` with every reason why not.

    Readers who saw other dates are told of the change with `reason`.
    """
    engagement = Engagement.objects.select_for_update().get(pk=engagement.pk)
    reasons = reasons_not_to_revert(engagement, revision)
    reason = reason.strip()
    if not reason:
        reasons.append(_("Say why the facts go back."))
    if len(reason) > 300:
        reasons.append(_("The reason is too long: 300 characters at most."))
    if reasons:
        raise ValidationError(reasons)
    # Its own savepoint: a rule of the database's own is told in words as well.
    try:
        with transaction.atomic():
            _write(engagement, revision, by, reason)
    except IntegrityError:
        raise ValidationError(
            _("Those facts break a rule that holds today. Put them right by hand.")
        ) from None
    record(engagement.pk, by=by, comment=_("Went back to an earlier state: %s") % reason)


def _write(engagement: Engagement, revision: Revision, by: Any, reason: str) -> None:
    rows = _rows(revision)
    old_start, old_end = engagement.start, engagement.end
    _assign(engagement, rows[Engagement][engagement.pk], KEPT)
    engagement.full_clean(exclude=["slug"])
    engagement.save()
    if engagement.was_seen() and (old_start, old_end) != (engagement.start, engagement.end):
        change = DateChange(engagement=engagement, reason=reason, changed_by=by)
        change.old_start, change.old_end = old_start, old_end
        change.new_start, change.new_end = engagement.start, engagement.end
        change.save()
    # Saved one by one, two rows that change places would meet half-way.
    engagement.participants.update(is_lead=False, person=None, appointment=None)
    present: dict[Any, Any] = {
        Source: engagement.sources.all(),
        Participant: engagement.participants.all(),
        Outcome: engagement.outcomes.all(),
        Action: Action.objects.filter(outcome__engagement=engagement),
    }
    for model in (Action, Outcome, Participant, Source):
        for row in present[model].exclude(pk__in=rows[model]):
            row.delete()
    for model in present:
        for pk, columns in rows[model].items():
            _restore(model, pk, columns)
    known = set(
        ActionUpdate.objects.filter(action__outcome__engagement=engagement).values_list(
            "pk", flat=True
        )
    )
    for pk, columns in rows[ActionUpdate].items():
        if pk not in known:
            # Lost with its action; past `save()`, which adds and never changes.
            update = ActionUpdate(pk=pk)
            _assign(update, columns, {"id"})
            update.save_base(force_insert=True)
            _set_sources(update, columns)
    for action in present[Action].all():
        action.refresh_status()
    engagement.topics.set(_tags(rows[EngagementTopic].values()))
    _restore_regions(engagement, rows[EngagementRegion].values())


def _assign(row: models.Model, columns: Row, kept: set[str]) -> None:
    for field in row._meta.concrete_fields:
        if field.name not in kept and field.attname in columns:
            setattr(row, field.attname, columns[field.attname])


def _restore(model: type[models.Model], pk: int, columns: Row) -> None:
    row: Any = model._default_manager.filter(pk=pk).first() or model(pk=pk)
    _assign(row, columns, {"id"})
    try:
        row.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        told = {"what": model._meta.verbose_name, "name": row, "why": " ".join(error.messages)}
        raise ValidationError(_("%(what)s “%(name)s”: %(why)s") % told) from None
    row.save()
    _set_sources(row, columns)


def _set_sources(row: Any, columns: Row) -> None:
    if "sources" in columns:
        row.sources.set(Source.objects.filter(pk__in=columns["sources"]))


def _tags(rows: Iterable[Row]) -> list[Any]:
    field: Any = EngagementTopic._meta.get_field("tag")
    pks = [row["tag_id"] for row in rows]
    return list(field.related_model._default_manager.filter(pk__in=pks))


def _restore_regions(engagement: Engagement, rows: Iterable[Row]) -> None:
    """Bring back what an editor added or removed; the rest follows from the countries."""
    derived = EngagementRegion.Origin.DERIVED
    chosen = {row["region_id"]: row["origin"] for row in rows if row["origin"] != derived}
    for row in engagement.region_rows.all():
        if row.origin != derived or row.region_id in chosen:
            row.delete()
    for region, origin in chosen.items():
        engagement.region_rows.create(region_id=region, origin=origin)
    derive_regions(engagement)
