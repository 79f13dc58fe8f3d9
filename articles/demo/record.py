"""Loads real visits for the demo, 2021 to 2025, from outgoing.psv and incoming.psv.

Source: Office of the Historian, US Department of State, lists of the travels of presidents and
secretaries of state and of the visits of foreign leaders (public domain); the column `row` is the
entry's number there. The facts are those of the entry; the sentences are ours.

The column `people` holds "Title=Name" separated by ";": whom a traveller met, or who came.
Consecutive rows with the same `tour` are the stops of one tour.
"""

import csv
import datetime as dt
from pathlib import Path
from typing import Any

from django.utils.text import slugify

from articles.demo.facts import person, save_engagement
from engagements.dates import PartialDate
from engagements.models import (
    Action,
    Appointment,
    Country,
    Engagement,
    Organisation,
    Outcome,
    Participant,
    Source,
    Tour,
)

TRAVELLERS = {
    "blinken": ("Antony Blinken", "Secretary of State", "secretary"),
    "biden": ("Joseph R. Biden", "President of the United States", "president"),
    "rubio": ("Marco Rubio", "Secretary of State", "secretary"),
}
HISTORIAN = "Office of the Historian, US Department of State"
ADDRESSES = {
    "president": "https://history.state.gov/departmenthistory/travels/president",
    "secretary": "https://history.state.gov/departmenthistory/travels/secretary",
    "incoming": "https://history.state.gov/departmenthistory/visits",
}


def read(name: str) -> list[dict[str, str]]:
    """Return the rows of a file beside this module, with values separated by "|"."""
    with Path(__file__).with_name(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="|", quoting=csv.QUOTE_NONE))


def load_record() -> dict[str, Engagement]:
    """Load the real visits and their tours; return the visits by row number."""
    countries = {country.code: country for country in Country.objects.all()}
    america = countries["US"]
    tours: dict[str, Tour] = {}
    visits = {}
    for row in read("outgoing.psv"):
        name, title, list_name = TRAVELLERS[row["traveller"]]
        host = countries[row["country"]]
        envoy = person(name)
        Appointment.objects.get_or_create(person=envoy, title=title, country=america)
        tour = row["tour"]
        if tour and tour not in tours:
            tours[tour] = Tour.objects.create(title=tour, slug=slugify(tour))
        visits[row["row"]] = save_visit(
            row,
            title=f"{name} in {row['city'] or host.name}",
            location_country=host,
            tour=tours.get(tour),
            people=[
                Participant(side="visitor", country=america, person=envoy, is_lead=True),
                *met("host", host, row["people"]),
            ],
            sources=[historian(list_name, row["row"])],
        )
    for row in read("incoming.psv"):
        visitors = met("visitor", countries[row["country"]], row["people"])
        visits[row["row"]] = save_visit(
            row,
            title=f"{visitors[0].person} in {row['city'] or 'the United States'}",
            location_country=america,
            people=[*visitors, *met("host", america, "")],
            sources=[historian("incoming", row["row"], row["page"])],
        )
    return visits


def met(side: str, country: Country, people: str) -> list[Participant]:
    """Return participants for "Title=Name;Title=Name", or the country alone."""
    rows = []
    for pair in filter(None, people.split(";")):
        title, _sign, name = pair.partition("=")
        rows.append(Participant(side=side, country=country, person=person(name), title_text=title))
    rows = rows or [Participant(side=side, country=country)]
    rows[0].is_lead = True
    return rows


def save_visit(row: dict[str, str], *, title: str, **columns: Any) -> Engagement:
    first, last = dt.date.fromisoformat(row["start"]), dt.date.fromisoformat(row["end"])
    return save_engagement(
        title=title,
        slug=slugify(f"{title} {first}"),
        kind=row["kind"],
        status=Engagement.Status.TOOK_PLACE,
        start=PartialDate(first),
        end=PartialDate(last) if last != first else None,
        city=row["city"],
        summary=row["summary"],
        topics=row["topic"].split(),
        **columns,
    )


def historian(list_name: str, row: str, page: str = "") -> Source:
    account = Source.Account.HOST if list_name == "incoming" else Source.Account.VISITOR
    title = {"incoming": "Visits by foreign leaders"}.get(list_name, f"Travels of the {list_name}")
    return Source(
        publisher=HISTORIAN,
        title=f"{title}, entry {row}",
        url="/".join(filter(None, [ADDRESSES[list_name], page])),
        account=account,
    )


def load_algiers() -> dict[str, Engagement]:
    """Load the visit to Algiers, from one unsigned report; return it by slug."""
    alliance = Organisation.objects.create(
        name="North Atlantic Treaty Organization", slug="nato", acronym="NATO"
    )
    envoy = person("Javier Colomina")
    title = "Special Representative for the Southern Neighbourhood"
    Appointment.objects.create(person=envoy, title=title, organisation=alliance)
    algeria = Country.objects.get(code="DZ")
    report = Source(
        publisher="Unsigned online report",
        title="NATO’s special envoy for the southern neighbourhood visits Algeria",
        account=Source.Account.OTHER,
    )
    name = Source(
        publisher="NATO",
        title="Announcement of who holds the office; the report gives the title alone",
        published_date=dt.date(2024, 7, 23),
        account=Source.Account.VISITOR,
    )
    slug = "nato-special-representative-in-algeria"
    engagement = save_engagement(
        title="NATO’s special representative in Algeria",
        slug=slug,
        kind=Engagement.Kind.OFFICIAL_VISIT,
        status=Engagement.Status.TOOK_PLACE,
        start=PartialDate(dt.date(2025, 1, 28)),
        location_country=algeria,
        summary=(
            "According to one unsigned report: talks on counter-terrorism, reform of the security "
            "sector and political dialogue, with two outcomes."
        ),
        topics=["security", "political-dialogue"],
        people=[
            Participant(side="visitor", organisation=alliance, person=envoy, is_lead=True),
            Participant(side="host", country=algeria, is_lead=True),
        ],
        sources=[report, name],
    )
    engagement.participants.get(person=envoy).sources.add(name)
    for position, (outcome, action) in enumerate(
        [
            ("Improved security cooperation", "Regular forums on questions of security"),
            ("A framework for resolving conflicts", "A peace initiative between governments"),
        ]
    ):
        agreed = Outcome.objects.create(engagement=engagement, title=outcome, position=position)
        agreed.sources.add(report)
        Action.objects.create(outcome=agreed, title=action)
    return {slug: engagement}
