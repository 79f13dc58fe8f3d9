"""Going back to an earlier revision of the facts.

Not django-reversion's own way: that writes past every rule. A revert changes facts only, so
address, embargo and withdrawal stay. What readers learnt since stays too: reports on actions,
changes of date, corrections.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _
from reversion.models import Revision

from engagements.history import (
    NO_FACTS,
    Row,
    Rows,
    Snapshot,
    fields_of,
    names_of,
    record,
    rows_of,
    snapshot,
)
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
    Topic,
)
from engagements.publishing import announce_dates, reason_failures
from engagements.regions import derive_regions

APPEND_ONLY: list[type[models.Model]] = [ActionUpdate, DateChange, Correction]


def snapshot_after_revert(revision: Revision, newest: Revision) -> Snapshot:
    """Return the facts that a revert would leave."""
    rows, present = rows_of(revision), rows_of(newest)
    for model in APPEND_ONLY:
        rows[model] |= present[model]
    for update in present[ActionUpdate].values():
        # The reports on an action decide its status.
        pk = update["action_id"]
        if pk in rows[Action]:
            rows[Action][pk] = rows[Action][pk] | {"status": present[Action][pk]["status"]}
    return snapshot(rows)


def failure_reasons(engagement: Engagement, revision: Revision) -> list[str]:
    """Return every reason why the facts cannot go back to a revision of the engagement."""
    rows = rows_of(revision)
    sentence = _(
        "A %(what)s that the %(where)s named is no longer there: it was merged or deleted. Put the "
        "facts right by hand."
    )
    reasons = [
        sentence % {"what": field.verbose_name, "where": model._meta.verbose_name}
        for model, field in _lost(rows)
    ]
    reported = Action.objects.filter(outcome__engagement=engagement, updates__isnull=False)
    reasons += [
        _("“%s” has updates, which cannot be removed.") % action
        for action in reported.exclude(pk__in=rows[Action]).distinct()
    ]
    return reasons


def _lost(rows: Rows) -> Iterator[tuple[type[models.Model], Any]]:
    """Yield the foreign keys, by their model, that point to something that is gone."""
    names = names_of(rows)
    for model in (model for model in rows if model not in APPEND_ONLY):
        for field in filter(lambda field: field.many_to_one, fields_of(model)):
            keys = {row.get(field.attname) for row in rows[model].values()} - {None}
            if any((field.related_model, key) not in names for key in keys):
                yield model, field


@transaction.atomic
def revert(engagement: Engagement, revision: Revision, *, by: Any, reason: str) -> None:
    """Bring back the facts of a revision; raise `ValidationError` with every reason why not.

    Readers who saw other dates read of the change, with `reason`.
    """
    engagement = Engagement.objects.select_for_update().get(pk=engagement.pk)
    reason = reason.strip()
    reasons = failure_reasons(engagement, revision)
    reasons += reason_failures(reason, _("Enter a reason for the revert."))
    if reasons:
        raise ValidationError(reasons)
    # A savepoint, so that after a constraint's error the transaction can go on.
    try:
        with transaction.atomic():
            _write(engagement, rows_of(revision), by, reason)
    except IntegrityError:
        raise ValidationError(
            _("Those facts break a rule that holds today. Put them right by hand.")
        ) from None
    record(engagement.pk, by=by, comment=_("Went back to an earlier state: %s") % reason)


def _write(engagement: Engagement, rows: Rows, by: Any, reason: str) -> None:
    old_dates = engagement.start, engagement.end
    _assign(engagement, rows[Engagement][engagement.pk], NO_FACTS)
    engagement.full_clean(exclude=["slug"])
    engagement.save()
    announce_dates(engagement, old_dates, reason=reason, by=by)
    # Rows are saved one by one: two that swap persons would break a constraint half-way.
    engagement.participants.update(is_lead=False, person=None, appointment=None)
    present: dict[type[models.Model], models.QuerySet] = {
        Source: engagement.sources.all(),
        Participant: engagement.participants.all(),
        Outcome: engagement.outcomes.all(),
        Action: Action.objects.filter(outcome__engagement=engagement),
    }
    for model in reversed(present):
        present[model].exclude(pk__in=rows[model]).delete()
    for model in present:
        for pk, columns in rows[model].items():
            _restore(model, pk, columns)
    stored = ActionUpdate.objects.filter(pk__in=rows[ActionUpdate]).values_list("pk", flat=True)
    for pk in sorted(rows[ActionUpdate].keys() - set(stored)):
        # It went with its action. Past `save()`, which refuses an update that has a key.
        update = ActionUpdate(pk=pk)
        _assign(update, rows[ActionUpdate][pk], {"id"})
        update.save_base(force_insert=True)
        _set_sources(update, rows[ActionUpdate][pk])
    for action in Action.objects.filter(outcome__engagement=engagement):
        action.refresh_status()
    topics = [row["tag_id"] for row in rows[EngagementTopic].values()]
    engagement.topics.set(list(Topic.objects.filter(pk__in=topics)))
    _restore_regions(engagement, rows[EngagementRegion].values())


def _assign(row: models.Model, columns: Row, excluded: set[str]) -> None:
    for field in row._meta.concrete_fields:
        if field.name not in excluded and field.attname in columns:
            setattr(row, field.attname, columns[field.attname])


def _restore(model: type[models.Model], pk: int, columns: Row) -> None:
    row = model._default_manager.filter(pk=pk).first() or model(pk=pk)
    _assign(row, columns, {"id"})
    try:
        row.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        values = {"what": model._meta.verbose_name, "name": row, "why": " ".join(error.messages)}
        raise ValidationError(_("%(what)s “%(name)s”: %(why)s") % values) from None
    row.save()
    _set_sources(row, columns)


def _set_sources(row: Any, columns: Row) -> None:
    if "sources" in columns:
        row.sources.set(Source.objects.filter(pk__in=columns["sources"]))


def _restore_regions(engagement: Engagement, rows: Iterable[Row]) -> None:
    """Bring back the regions that an editor added or removed; derive the others."""
    derived = EngagementRegion.Origin.DERIVED
    chosen = {row["region_id"]: row["origin"] for row in rows if row["origin"] != derived}
    replaced = ~models.Q(origin=derived) | models.Q(region__in=chosen)
    engagement.region_rows.filter(replaced).delete()
    for region, origin in chosen.items():
        engagement.region_rows.create(region_id=region, origin=origin)
    derive_regions(engagement)
