"""Merges a duplicate of a topic, person or organisation into another; nothing counts twice.

A merge is planned as a list of row edits, each with a sentence; the preview shows the same edits
that the merge then makes.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from articles.caching.batch import batched_refresh
from articles.models import EditionTopic
from articles.redirects import keep_address, known
from engagements.models import (
    Action,
    Appointment,
    Engagement,
    EngagementTopic,
    FormerSlug,
    Organisation,
    Participant,
    Person,
    Source,
    Topic,
)
from engagements.regions import derive_regions

Subject = Topic | Person | Organisation


@dataclass
class RowEdit:
    """An update of a row with `values`, or its deletion (`None`), and a sentence for the editor."""

    row: Any
    values: dict[str, Any] | None
    sentence: str
    sources: list[Source] = field(default_factory=list)

    def apply(self) -> None:
        if self.values is None:
            self.row.delete()
            return
        for name, value in self.values.items():
            setattr(self.row, name, value)
        if self.values:
            self.row.save(update_fields=list(self.values))
        if self.sources:
            self.row.sources.add(*self.sources)


@dataclass
class MergePlan:
    """The edits of a merge of `duplicate` into `target`.

    `redirects`: the duplicate's address was public and will redirect.
    """

    duplicate: Subject
    target: Subject
    steps: list[RowEdit]
    redirects: bool

    @property
    def fingerprint(self) -> str:
        """Return a hash that is equal as long as the merge would do the same."""
        lines = [f"{s.row._meta.label} {s.row.pk} {s.values} {s.sentence}" for s in self.steps]
        lines += [f"{self.duplicate.pk} {self.target.pk} {self.redirects}"]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @property
    def moved(self) -> list[RowEdit]:
        return [step for step in self.steps if step.values is not None]

    @property
    def gone(self) -> list[RowEdit]:
        return [step for step in self.steps if step.values is None]

    @property
    def engagements(self) -> set[int]:
        """Return the pks of the engagements whose facts change."""
        pks = set()
        for step in self.steps:
            match step.row:
                case Participant():
                    pks.add(step.row.engagement_id)
                case EngagementTopic():
                    pks.add(step.row.content_object_id)
                case Action():
                    pks.add(step.row.outcome.engagement_id)
        return pks


def merge_failure_reasons(duplicate: Subject, target: Subject) -> list[str]:
    """Return the reasons why two rows cannot be merged."""
    reasons = []
    if duplicate.pk == target.pk:
        reasons.append(_("Choose another one: nothing can be merged into itself."))
    if getattr(duplicate, "is_fictional", False) != getattr(target, "is_fictional", False):
        reasons.append(_("One of the two is fictional and the other is not."))
    return reasons


def merge_plan(duplicate: Subject, target: Subject) -> MergePlan:
    """Return the plan of a merge; raise `TypeError` for rows of two models."""
    match duplicate, target:
        case Topic(), Topic():
            steps = _topic_steps(duplicate, target)
        case Person(), Person():
            steps = _person_steps(duplicate, target)
        case Organisation(), Organisation():
            steps = _organisation_steps(duplicate, target)
        case _:
            raise TypeError(f"{duplicate!r} and {target!r} are of two kinds.")
    is_known = known(str(duplicate._meta.model_name)).filter(pk=duplicate.pk).exists()
    return MergePlan(duplicate, target, list(steps), redirects=is_known)


@transaction.atomic
@batched_refresh()
def merge_duplicate(
    duplicate: Subject, target: Subject, *, fingerprint: str | None = None
) -> MergePlan:
    """Merge `duplicate` into `target`; its addresses redirect to those of `target`.

    `fingerprint` is that of the plan that an editor has seen. Raises `ValidationError` with every
    reason why not, or if the plan has changed.
    """
    reasons = merge_failure_reasons(duplicate, target)
    if reasons:
        raise ValidationError(reasons)
    model = type(duplicate)
    # Ordered, so that two merges of the same rows do not deadlock.
    pks = sorted([duplicate.pk, target.pk])
    rows = list(model._default_manager.select_for_update().filter(pk__in=pks).order_by("pk"))
    if len(rows) < 2:
        raise ValidationError(_("One of the two no longer exists."))
    plan = merge_plan(duplicate, target)
    if fingerprint is not None and fingerprint != plan.fingerprint:
        raise ValidationError(_("The facts have changed. Check again what will happen."))
    for step in plan.steps:
        step.apply()
    former = FormerSlug.objects.of_model(model).filter(target=duplicate.pk)
    former.filter(slug=target.slug).delete()
    former.update(target=target.pk)
    if plan.redirects:
        keep_address(str(model._meta.model_name), duplicate.slug, target.pk)
    duplicate.delete()
    if isinstance(target, Organisation):
        for engagement in Engagement.objects.filter(pk__in=plan.engagements).order_by("pk"):
            derive_regions(engagement)
    return plan


# Topics


def _topic_steps(duplicate: Topic, target: Topic) -> Iterator[RowEdit]:
    for through in (EngagementTopic, EditionTopic):
        items = through._default_manager.select_related("content_object")
        theirs = set(items.filter(tag=target).values_list("content_object", flat=True))
        for row in items.filter(tag=duplicate).order_by("pk"):
            if row.content_object_id in theirs:
                values, sentence = None, _("%(what)s: has both topics, and keeps “%(target)s”")
            else:
                values, sentence = {"tag": target}, _("%(what)s: gets “%(target)s”")
            yield RowEdit(row, values, sentence % {"what": row.content_object, "target": target})


# People and organisations


def _participations(**of: Model) -> list[Participant]:
    rows = Participant.objects.filter(**of).select_related(
        "engagement", "country", "organisation", "person", "appointment"
    )
    return list(rows.prefetch_related("sources").order_by("engagement", "pk"))


def _appointments(**of: Model) -> list[Appointment]:
    rows = Appointment.objects.filter(**of).select_related("person", "country", "organisation")
    return list(rows.order_by("pk"))


def _twins(
    theirs: list[Appointment], own: list[Appointment], swapped: str
) -> dict[int, Appointment]:
    """Return, by pk of the duplicate's offices, the equal offices of the target."""

    def office(row: Appointment) -> tuple:
        parts = {
            "person": row.person_id, "country": row.country_id,
            "organisation": row.organisation_id, swapped: None,
        }  # fmt: skip
        return (row.title.casefold(), str(row.start), str(row.end), *parts.values())

    present = {office(row): row for row in reversed(own)}
    return {row.pk: present[office(row)] for row in theirs if office(row) in present}


def _appointment_steps(
    theirs: list[Appointment], twins: dict[int, Appointment], values: dict[str, Any]
) -> Iterator[RowEdit]:
    for row in theirs:
        if row.pk not in twins:
            yield RowEdit(row, values, _("The office “%s” is moved") % row.title)
            continue
        # Scripts may have given it to participants of others, which the forms refuse.
        side = next(iter(values))
        for other in row.participations.exclude(**{side: getattr(row, side)}):
            yield RowEdit(other, {"appointment": twins[row.pk]}, _("An office is on record twice"))
        yield RowEdit(row, None, _("The office “%s” is on record for both") % row.title)


def _joined(
    stays: Participant,
    goes: Participant,
    values: dict[str, Any],
    *,
    office: Appointment | None = None,
) -> RowEdit:
    """Return the edit by which `stays` takes over lead, office and sources of `goes`."""
    taken = dict(values)
    if goes.is_lead and not stays.is_lead:
        taken["is_lead"] = True
    is_untitled = not (stays.title_text or stays.appointment_id)
    if is_untitled and bool(stays.person_id) == bool(goes.person_id):
        taken |= {"appointment": office} if office else {"title_text": goes.title_text}
    sentence = _("%s: one entry stays, with the sources of both") % stays.engagement
    return RowEdit(stays, taken, sentence, list(goes.sources.all()))


def _person_steps(duplicate: Person, target: Person) -> Iterator[RowEdit]:
    theirs, own = _appointments(person=duplicate), _appointments(person=target)
    twins = _twins(theirs, own, "person")
    present = {row.engagement_id: row for row in _participations(person=target)}
    for row in _participations(person=duplicate):
        office = twins.get(row.appointment_id or 0, row.appointment)
        double = present.get(row.engagement_id)
        names = {"visit": row.engagement, "party": row.party_name, "target": target}
        if double is None:
            values = {"person": target, "appointment": office}
            yield RowEdit(row, values, _("%(visit)s: %(target)s takes part") % names)
        elif (row.side, row.party) == (double.side, double.party):
            yield RowEdit(row, None, _("%(visit)s: both are listed for %(party)s") % names)
            yield _joined(double, row, {}, office=office)
        else:
            # A person takes part once, but the party that was represented stays on record.
            nameless = {"person": None, "appointment": None, "title_text": row.title}
            sentence = _("%(visit)s: %(party)s stays without a name; %(target)s is listed already")
            yield RowEdit(row, nameless, sentence % names)
    yield from _appointment_steps(theirs, twins, {"person": target})


def _organisation_steps(duplicate: Organisation, target: Organisation) -> Iterator[RowEdit]:
    theirs, own = _appointments(organisation=duplicate), _appointments(organisation=target)
    twins = _twins(theirs, own, "organisation")
    present: dict[tuple[int, str], list[Participant]] = {}
    for row in _participations(organisation=target):
        present.setdefault((row.engagement_id, row.side), []).append(row)
    for row in _participations(organisation=duplicate):
        beside = present.get((row.engagement_id, row.side), [])
        office = twins.get(row.appointment_id or 0, row.appointment)
        values = {"organisation": target, "appointment": office}

        nameless = next((other for other in beside if other.person_id is None), None)
        if beside and row.person_id is None:
            yield RowEdit(row, None, _("%s: both are listed on one side") % row.engagement)
            yield _joined(nameless or beside[0], row, {})
        elif nameless is not None:
            beside.remove(nameless)
            yield RowEdit(nameless, None, _("%s: both are listed on one side") % row.engagement)
            beside.append(row)
            yield _joined(row, nameless, values)
        else:
            names = {"visit": row.engagement, "target": target}
            yield RowEdit(row, values, _("%(visit)s: %(target)s takes part") % names)
    yield from _appointment_steps(theirs, twins, {"organisation": target})
    actions = Action.objects.filter(owner_organisation=duplicate).select_related("outcome")
    for action in actions.order_by("pk"):
        sentence = _("%(action)s: owner becomes %(target)s") % {"action": action, "target": target}
        yield RowEdit(action, {"owner_organisation": target}, sentence)
