"""Two rows for one topic, person or organisation become one, and nothing is counted twice.

What a merge will do is first written down, as steps with a sentence each; the preview shows the
same steps that the merge then takes.
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
class Edit:
    """A row that gets `values` (`None`: that goes), with what is said of it to the editor."""

    row: Any
    values: dict[str, Any] | None
    told: str
    sources: list[Source] = field(default_factory=list)

    def take(self) -> None:
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
class Plan:
    """What merging `dropped` into `kept` does; `leads_on`: readers know its address."""

    dropped: Subject
    kept: Subject
    steps: list[Edit]
    leads_on: bool

    @property
    def fingerprint(self) -> str:
        """Equal as long as the merge would do the same."""
        told = [f"{s.row._meta.label} {s.row.pk} {s.values} {s.told}" for s in self.steps]
        told += [f"{self.dropped.pk} {self.kept.pk} {self.leads_on}"]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()

    @property
    def moved(self) -> list[Edit]:
        return [step for step in self.steps if step.values is not None]

    @property
    def gone(self) -> list[Edit]:
        return [step for step in self.steps if step.values is None]

    @property
    def engagements(self) -> set[int]:
        """The engagements, by pk, whose facts change."""
        found = set()
        for step in self.steps:
            match step.row:
                case Participant():
                    found.add(step.row.engagement_id)
                case EngagementTopic():
                    found.add(step.row.content_object_id)
                case Action():
                    found.add(step.row.outcome.engagement_id)
        return found


def reasons_not_to_merge(dropped: Subject, kept: Subject) -> list[str]:
    """Return every reason why the two cannot become one."""
    reasons = []
    if dropped.pk == kept.pk:
        reasons.append(_("Choose another one: nothing can be merged into itself."))
    if getattr(dropped, "is_fictional", False) != getattr(kept, "is_fictional", False):
        reasons.append(_("One of the two is invented and the other is real."))
    return reasons


def plan_of(dropped: Subject, kept: Subject) -> Plan:
    match dropped, kept:
        case Topic(), Topic():
            steps = _topic_steps(dropped, kept)
        case Person(), Person():
            steps = _person_steps(dropped, kept)
        case Organisation(), Organisation():
            steps = _organisation_steps(dropped, kept)
        case _:
            raise TypeError(f"{dropped!r} and {kept!r} are of two kinds.")
    is_known = known(str(dropped._meta.model_name)).filter(pk=dropped.pk).exists()
    return Plan(dropped, kept, list(steps), leads_on=is_known)


@transaction.atomic
@batched_refresh()
def merge(dropped: Subject, kept: Subject, *, fingerprint: str | None = None) -> Plan:
    """Merge `dropped` into `kept`; every address that led to the one leads to the other.

    `fingerprint` is the plan's that an editor has seen. Raises `ValidationError` with every reason
    why not, also where the facts have changed since.
    """
    reasons = reasons_not_to_merge(dropped, kept)
    if reasons:
        raise ValidationError(reasons)
    model = type(dropped)
    # In one order, so that two who merge crosswise wait for each other.
    pks = sorted([dropped.pk, kept.pk])
    rows = list(model._default_manager.select_for_update().filter(pk__in=pks).order_by("pk"))
    if len(rows) < 2:
        raise ValidationError(_("One of the two has gone meanwhile."))
    plan = plan_of(dropped, kept)
    if fingerprint is not None and fingerprint != plan.fingerprint:
        raise ValidationError(_("The facts changed. Check again what will happen."))
    for step in plan.steps:
        step.take()
    former = FormerSlug.objects.of_model(model).filter(target=dropped.pk)
    former.filter(slug=kept.slug).delete()
    former.update(target=kept.pk)
    if plan.leads_on:
        keep_address(str(model._meta.model_name), dropped.slug, kept.pk)
    dropped.delete()
    if isinstance(kept, Organisation):
        for engagement in Engagement.objects.filter(pk__in=plan.engagements).order_by("pk"):
            derive_regions(engagement)
    return plan


# Topics


def _topic_steps(dropped: Topic, kept: Topic) -> Iterator[Edit]:
    for through in (EngagementTopic, EditionTopic):
        items = through._default_manager.select_related("content_object")
        theirs = set(items.filter(tag=kept).values_list("content_object", flat=True))
        for row in items.filter(tag=dropped).order_by("pk"):
            if row.content_object_id in theirs:
                told = _("%(what)s: has both topics, and keeps “%(kept)s”")
                yield Edit(row, None, told % {"what": row.content_object, "kept": kept})
            else:
                told = _("%(what)s: gets “%(kept)s”")
                yield Edit(row, {"tag": kept}, told % {"what": row.content_object, "kept": kept})


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
    """Return for offices of the one that goes, by pk, the same office of the one that stays."""

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
) -> Iterator[Edit]:
    for row in theirs:
        if row.pk not in twins:
            told = _("The office “%(title)s” moves along") % {"title": row.title}
            yield Edit(row, values, told)
            continue
        # Rows of others may name it too, written past every form.
        side = next(iter(values))
        for other in row.participations.exclude(**{side: getattr(row, side)}):
            yield Edit(other, {"appointment": twins[row.pk]}, _("An office is on record twice"))
        yield Edit(row, None, _("The office “%s” is on record for both") % row.title)


def _joined(
    stays: Participant,
    goes: Participant,
    values: dict[str, Any],
    *,
    office: Appointment | None = None,
) -> Edit:
    """Return what `stays` takes over from its double: the lead, the office, the sources."""
    taken = dict(values)
    if goes.is_lead and not stays.is_lead:
        taken["is_lead"] = True
    is_untitled = not (stays.title_text or stays.appointment_id)
    if is_untitled and bool(stays.person_id) == bool(goes.person_id):
        taken |= {"appointment": office} if office else {"title_text": goes.title_text}
    told = _("%(visit)s: stands once, with all sources") % {"visit": stays.engagement}
    return Edit(stays, taken, told, list(goes.sources.all()))


def _person_steps(dropped: Person, kept: Person) -> Iterator[Edit]:
    theirs, own = _appointments(person=dropped), _appointments(person=kept)
    twins = _twins(theirs, own, "person")
    present = {row.engagement_id: row for row in _participations(person=kept)}
    for row in _participations(person=dropped):
        office = twins.get(row.appointment_id or 0, row.appointment)
        double = present.get(row.engagement_id)
        told = {"visit": row.engagement, "party": row.party_name, "kept": kept}
        if double is None:
            values = {"person": kept, "appointment": office}
            yield Edit(row, values, _("%(visit)s: %(kept)s takes part") % told)
        elif (row.side, row.party) == (double.side, double.party):
            yield Edit(row, None, _("%(visit)s: both stand there for %(party)s") % told)
            yield _joined(double, row, {}, office=office)
        else:
            # Nobody is there twice, but the party that was represented stays on record.
            nameless = {"person": None, "appointment": None, "title_text": row.title}
            told_so = _("%(visit)s: %(party)s stays, without a name: %(kept)s is there already")
            yield Edit(row, nameless, told_so % told)
    yield from _appointment_steps(theirs, twins, {"person": kept})


def _organisation_steps(dropped: Organisation, kept: Organisation) -> Iterator[Edit]:
    theirs, own = _appointments(organisation=dropped), _appointments(organisation=kept)
    twins = _twins(theirs, own, "organisation")
    present: dict[tuple[int, str], list[Participant]] = {}
    for row in _participations(organisation=kept):
        present.setdefault((row.engagement_id, row.side), []).append(row)
    for row in _participations(organisation=dropped):
        beside = present.get((row.engagement_id, row.side), [])
        office = twins.get(row.appointment_id or 0, row.appointment)
        values = {"organisation": kept, "appointment": office}
        told = {"visit": row.engagement, "kept": kept}
        nameless = next((other for other in beside if other.person_id is None), None)
        if beside and row.person_id is None:
            yield Edit(row, None, _("%(visit)s: both stand there on one side") % told)
            yield _joined(nameless or beside[0], row, {})
        elif nameless is not None:
            beside.remove(nameless)
            yield Edit(nameless, None, _("%(visit)s: both stand there on one side") % told)
            beside.append(row)
            yield _joined(row, nameless, values)
        else:
            yield Edit(row, values, _("%(visit)s: %(kept)s takes part") % told)
    yield from _appointment_steps(theirs, twins, {"organisation": kept})
    actions = Action.objects.filter(owner_organisation=dropped).select_related("outcome")
    for action in actions.order_by("pk"):
        told_so = _("%(action)s: owed by %(kept)s") % {"action": action, "kept": kept}
        yield Edit(action, {"owner_organisation": kept}, told_so)
