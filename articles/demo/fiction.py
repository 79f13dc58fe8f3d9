"""Loads the demo's invented engagements from fiction.toml.

Days in the file are numbers of days from the day of loading.
"""

import datetime as dt
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.text import slugify

from articles.demo.facts import person, save_engagement
from engagements.dates import PartialDate, Precision
from engagements.models import (
    Action,
    ActionUpdate,
    Appointment,
    Country,
    DateChange,
    Engagement,
    Organisation,
    Outcome,
    Participant,
    Source,
    Tour,
)

Table = dict[str, Any]


def day(offset: int) -> dt.date:
    """Return the day that is a number of days from today."""
    return timezone.localdate() + dt.timedelta(days=offset)


def partial(offset: int | None, precision: str = Precision.DAY) -> PartialDate | None:
    """Return the day of an offset, or its month or year; `None` without an offset."""
    return None if offset is None else PartialDate(day(offset), precision)


def load_fiction(users: dict[str, User]) -> dict[str, Engagement]:
    """Load the invented organisations, people and engagements; return the latter by slug."""
    world = tomllib.loads(Path(__file__).with_name("fiction.toml").read_text(encoding="utf-8"))
    organisations = {
        entry["acronym"]: Organisation.objects.create(is_fictional=True, **entry)
        for entry in world["organisations"]
    }
    home = {}
    for entry in world["people"]:
        home[entry["name"]] = organisations[entry["organisation"]]
        load_person(entry, home[entry["name"]])
    loaded = {}
    for entry in world["engagements"]:
        engagement = load_engagement(entry, organisations, home)
        load_date_changes(engagement, entry.get("moved", []), by=users["editor"])
        for position, outcome in enumerate(entry.get("outcomes", [])):
            load_outcome(engagement, outcome, position, organisations, users)
        loaded[engagement.slug] = engagement
    return loaded


def load_person(entry: Table, organisation: Organisation) -> None:
    holder = person(entry["name"], is_fictional=True)
    for title in entry["offices"]:
        office = Appointment(person=holder, title=title["title"], organisation=organisation)
        office.start, office.end = partial(title["from"]), partial(title.get("until"))
        office.full_clean()
        office.save()


def load_engagement(
    entry: Table, organisations: dict[str, Organisation], home: dict[str, Organisation]
) -> Engagement:
    """Save an entry of [[engagements]]; its sides name people or acronyms of organisations."""
    people = []
    for side in Participant.Side.values:
        for number, name in enumerate(entry.get(f"{side}s", [])):
            people.append(
                Participant(
                    side=side,
                    is_lead=number == 0 and side != Participant.Side.OTHER,
                    organisation=organisations.get(name) or home[name],
                    person=None if name in organisations else person(name),
                )
            )
    tour = entry.get("tour")
    precision = entry.get("precision", Precision.DAY)
    return save_engagement(
        title=entry["title"],
        slug=entry["slug"],
        kind=entry["kind"],
        status=entry["status"],
        status_note=entry.get("reason", ""),
        start=partial(entry["start"], precision),
        end=partial(entry.get("end"), precision),
        location_country=Country.objects.get(code=entry["country"]) if "country" in entry else None,
        city=entry.get("city", ""),
        venue=entry.get("venue", ""),
        tour=Tour.objects.get_or_create(slug=slugify(tour), title=tour)[0] if tour else None,
        summary=entry["summary"],
        is_fictional=True,
        topics=entry["topics"],
        people=people,
        sources=[source(row) for row in entry["sources"]],
    )


def source(entry: Table) -> Source:
    return Source(
        publisher=entry["publisher"],
        title=entry["title"],
        account=entry["account"],
        published_date=day(entry["published"]) if "published" in entry else None,
    )


def load_date_changes(engagement: Engagement, changes: list[Table], *, by: User) -> None:
    """Save the earlier dates of an engagement: each with the day and the reason of its change.

    Each changed to the next one, the last to the present date.
    """
    dates = [partial(row["from"], row.get("precision", Precision.DAY)) for row in changes]
    for row, (old, new) in zip(changes, pairwise([*dates, engagement.start]), strict=True):
        change = DateChange(engagement=engagement, reason=row["reason"], changed_by=by)
        change.old_start, change.new_start = old, new
        change.changed_at = timezone.make_aware(dt.datetime.combine(day(row["on"]), dt.time(9)))
        change.save()


def load_outcome(
    engagement: Engagement,
    entry: Table,
    position: int,
    organisations: dict[str, Organisation],
    users: dict[str, User],
) -> None:
    evidence = list(engagement.sources.all())
    agreed = Outcome.objects.create(
        engagement=engagement,
        title=entry["title"],
        details=entry.get("details", ""),
        position=position,
    )
    agreed.sources.set(evidence)
    for number, promised in enumerate(entry.get("actions", [])):
        action = Action(
            outcome=agreed,
            title=promised["title"],
            owner_organisation=organisations[promised["owner"]],
            position=number,
        )
        action.due = partial(promised.get("due"), promised.get("precision", Precision.DAY))
        action.full_clean()
        action.save()
        for row in promised.get("updates", []):
            update = ActionUpdate(
                action=action,
                date=day(row["day"]),
                status=row["status"],
                text=row["text"],
                reported_by=users["writer"],
            )
            update.save()
            update.sources.set(evidence)
            if update.status == Action.Status.DONE:
                update.confirm(by=users["editor"])
