"""The demo newsroom: real visits from a public record, and an invented world beside them.

Loaded once into an empty newsroom; what an editor changes or deletes afterwards stays so.
"""

import datetime as dt
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from articles import roles
from articles.demo import fiction, record
from articles.demo.drawing import draw
from articles.models import Article, Edition
from articles.pictures import create_picture
from articles.workflow import publish, save_edition, withdraw
from engagements.dates import PartialDate, format_range
from engagements.models import (
    Action,
    ActionUpdate,
    Appointment,
    Country,
    Engagement,
    Organisation,
    Outcome,
    Participant,
    Person,
    Source,
    Topic,
    Tour,
)
from engagements.regions import derive_regions

STORIES = Path(__file__).parent / "stories"
PASSWORD = "demo-newsroom"  # noqa: S105 - the demo's own, printed at its start
ACCOUNTS = {
    "writer": ("Amina", roles.WRITER),
    "editor": ("Jonas", roles.EDITOR),
    "deskhead": ("Mireille", roles.DESK_HEAD),
    "admin": ("Tariq", None),
}
HISTORIAN = "Office of the Historian, US Department of State"
ADDRESSES = {
    "president": "https://history.state.gov/departmenthistory/travels/president",
    "secretary": "https://history.state.gov/departmenthistory/travels/secretary",
    "incoming": "https://history.state.gov/departmenthistory/visits",
}


def is_loaded() -> bool:
    return Engagement.objects.exists() or User.objects.filter(username__in=ACCOUNTS).exists()


@transaction.atomic
def load() -> None:
    """Fill an empty newsroom. Raises `ValidationError` if the content breaks a rule."""
    users = load_accounts()
    for slug, (name, description) in record.TOPICS.items():
        Topic.objects.create(slug=slug, name=name, description=description)
    visits = load_record()
    seed = load_algiers()
    invented = load_fiction(users)
    load_articles(users, visits, seed, invented)


def load_accounts() -> dict[str, User]:
    users = {}
    for username, (first_name, group) in ACCOUNTS.items():
        user = User(username=username, first_name=first_name, is_staff=True)
        user.is_superuser = group is None
        user.set_password(PASSWORD)
        user.save()
        if group:
            user.groups.add(Group.objects.get(name=group))
        users[username] = user
    return users


def save_engagement(
    *, people: list[Participant], topics: list[str], tells: list[Source], **columns: Any
) -> Engagement:
    """Store an engagement with its participants, topics and sources, every rule applied."""
    columns.setdefault("public_from", timezone.now() - dt.timedelta(days=200))
    engagement = Engagement(**columns)
    engagement.full_clean(exclude=["sort_date", "search_text"])
    engagement.save()
    for position, participant in enumerate(people):
        participant.engagement = engagement
        participant.position = position
        participant.choose_appointment()
        participant.full_clean()
        participant.save()
    for source in tells:
        source.engagement = engagement
        source.full_clean()
        source.save()
    engagement.topics.set(Topic.objects.filter(slug__in=topics))
    derive_regions(engagement)
    return engagement


def person(name: str, **columns: Any) -> Person:
    found, _created = Person.objects.get_or_create(
        slug=slugify(name), defaults={"name": name, **columns}
    )
    return found


def met(side: str, country: Country, people: str) -> list[Participant]:
    """Return participants for "Title=Name;Title=Name", or the country alone."""
    found = []
    for pair in filter(None, people.split(";")):
        title, _sign, name = pair.partition("=")
        found.append(Participant(side=side, country=country, person=person(name), title_text=title))
    if not found:
        found = [Participant(side=side, country=country)]
    found[0].is_lead = True
    return found


def load_record() -> dict[str, Engagement]:
    """Load the real visits and their tours; return the visits by their row's number."""
    countries = {country.code: country for country in Country.objects.all()}
    america = countries["US"]
    visits = {}
    for row in record.OUTGOING:
        name, title, list_name = record.TRAVELLERS[row["traveller"]]
        host = countries[row["country"]]
        envoy = person(name)
        Appointment.objects.get_or_create(person=envoy, title=title, country=america)
        visits[row["row"]] = save_visit(
            row,
            title=f"{name} in {row['city']}",
            location_country=host,
            people=[
                Participant(side="visitor", country=america, person=envoy, is_lead=True),
                *met("host", host, row["people"]),
            ],
            tells=[historian(list_name, row["row"])],
        )
    for row in record.INCOMING:
        visitors = met("visitor", countries[row["country"]], row["people"])
        visits[row["row"]] = save_visit(
            row,
            title=f"{visitors[0].person} in {row['city'] or 'the United States'}",
            location_country=america,
            people=[*visitors, *met("host", america, "")],
            tells=[historian("incoming", row["row"], row["page"])],
        )
    for title, rows in record.TOURS.items():
        tour = Tour.objects.create(title=title, slug=slugify(title))
        for number in rows:
            visits[number].tour = tour
            visits[number].save()
    return visits


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
        topics=[row["topic"]],
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


def load_algiers() -> Engagement:
    """Load the visit with which the newsroom began, from one unsigned report."""
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
    engagement = save_engagement(
        title="NATO’s special representative in Algeria",
        slug="nato-special-representative-in-algeria",
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
        tells=[report, name],
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
    return engagement


def load_fiction(users: dict[str, User]) -> dict[str, Engagement]:
    """Load the invented organisations, people and engagements; return the latter by slug."""
    today = timezone.localdate()

    def day(offset: int | str, precision: str = "day") -> PartialDate | None:
        if offset == "":
            return None
        return PartialDate(today + dt.timedelta(days=int(offset)), precision)

    organisations = {
        organisation: Organisation.objects.create(
            slug=organisation[0], name=organisation[1], acronym=organisation[2], is_fictional=True
        )
        for organisation in (fiction.COMPACT, fiction.COMMISSION)
    }
    sides = {}
    for name, (organisation, titles) in fiction.PEOPLE.items():
        holder = person(name, is_fictional=True)
        sides[name] = organisations[organisation]
        for title, first, last in titles:
            office = Appointment(person=holder, title=title, organisation=sides[name])
            office.start, office.end = day(first), day(last)
            office.full_clean()
            office.save()
    loaded = {}
    for (
        slug,
        title,
        offset,
        precision,
        kind,
        status,
        code,
        city,
        leads,
        summary,
        reason,
    ) in fiction.ENGAGEMENTS:
        loaded[slug] = save_engagement(
            title=title,
            slug=slug,
            kind=kind,
            status=status,
            status_note=reason,
            start=day(offset, precision),
            location_country=Country.objects.get(code=code) if code else None,
            city=city,
            summary=summary,
            is_fictional=True,
            topics=["ports-and-shipping"],
            people=[
                Participant(side="other", organisation=sides[name], person=person(name))
                for name in leads
            ],
            tells=[joint_note(title)],
        )
    for position, (slug, outcome, actions) in enumerate(fiction.OUTCOMES):
        evidence = loaded[slug].sources.get()
        agreed = Outcome.objects.create(engagement=loaded[slug], title=outcome, position=position)
        for number, (title, owner, due, updates) in enumerate(actions):
            action = Action(
                outcome=agreed,
                title=title,
                owner_organisation=organisations[owner],
                position=number,
            )
            action.due = day(due)
            action.full_clean()
            action.save()
            for offset, status, text in updates:
                update = ActionUpdate(
                    action=action, status=status, text=text, reported_by=users["writer"]
                )
                update.date = today + dt.timedelta(days=offset)
                update.save()
                update.sources.add(evidence)
                if status == Action.Status.DONE:
                    update.confirm(by=users["editor"])
    return loaded


def joint_note(title: str) -> Source:
    return Source(
        publisher=fiction.COMPACT[1], title=f"{title}: joint note", account=Source.Account.OTHER
    )


def load_articles(
    users: dict[str, User],
    visits: dict[str, Engagement],
    seed: Engagement,
    invented: dict[str, Engagement],
) -> None:
    """Load four finished articles, and one each that is a draft, scheduled and withdrawn."""
    now = timezone.now()
    tunis = invented["compact-and-commission-in-tunis"]
    valletta = invented["second-round-in-valletta"]

    def write(story: str, headline: str, standfirst: str, engagement: Engagement, **content: Any):
        slug = slugify(headline)
        article = Article.objects.create(slug=slug, created_by=users["writer"])
        content.setdefault("byline", "")
        return save_edition(
            article,
            author=users["writer"],
            headline=headline,
            standfirst=standfirst,
            body=(STORIES / f"{story}.html").read_text(encoding="utf-8"),
            engagement=engagement,
            topics=engagement.topics.all(),
            **content,
        )

    def release(edition: Edition, ago: dt.timedelta) -> None:
        publish(edition, by=users["deskhead"], at=now - ago, backdated=True)

    release(
        write(
            "algeria",
            "In Algeria, an alliance looks south",
            "NATO’s special representative went to Algeria on 28 January 2025. One report tells of "
            "three subjects and two outcomes, and leaves more open than it says.",
            seed,
            **picture("Algeria", seed.when, [("Algeria", 0.55, 0.55)], users),
        ),
        dt.timedelta(hours=5),
    )
    release(
        write(
            "five-promises",
            "Five promises on mud and light, and the one that was kept",
            "Half a year after Tunis, two invented bodies have a chart, a telephone number and a "
            "quarrel about who pays first.",
            tunis,
            also_covers=[invented["hydrographers-in-casablanca"]],
            byline="Amina, of the demo newsroom",
        ),
        dt.timedelta(days=2),
    )
    release(
        write(
            "three-days",
            "Cairo, Jerusalem, Ramallah: three days in January",
            "A secretary of state meets three leaders in three days. What the official list of his "
            "travels says of it, and how to read it.",
            visits["T4121"],
            also_covers=[visits["T4122"], visits["T4123"]],
            **picture(
                "Three days",
                format_range(visits["T4121"].start, visits["T4123"].start),
                [("Cairo", 0.2, 0.78), ("Jerusalem", 0.7, 0.48), ("Ramallah", 0.72, 0.26)],
                users,
            ),
        ),
        dt.timedelta(days=4),
    )
    release(
        write(
            "four-stops",
            "Four African stops in four days",
            "From Praia to Luanda in January 2024: five cities, six hosts by name, and what a list "
            "of travels leaves out.",
            visits["T4204"],
            also_covers=[visits["T4205"], visits["T4206"], visits["T4207"]],
        ),
        dt.timedelta(days=7),
    )
    publish(
        write(
            "second-round",
            "A second round, with one point on the agenda",
            "The Straits Compact and the Rivers Commission meet in Valletta to agree on who pays "
            "first. Both bodies are invented.",
            valletta,
        ),
        by=users["deskhead"],
        at=now + dt.timedelta(days=2),
    )
    wrong = write(
        "lights",
        "Lights on the northern shoals are paid for",
        "A report on an invented fund that turned out to be early.",
        tunis,
    )
    release(wrong, dt.timedelta(days=9))
    withdraw(wrong.article, reason="The lights had not been paid for when we said so.")
    write(
        "steppe",
        "Astana and Tashkent in three days",
        "A draft: the journey of February and March 2023.",
        visits["T4127"],
        note="Waits for the list of participants in Astana.",
    )


def picture(
    title: str,
    when: str,
    places: list[tuple[str, float, float]],
    users: dict[str, User],
) -> dict[str, Any]:
    """Return the columns of an edition with a drawn lead picture."""
    file = SimpleUploadedFile("drawing.png", draw(title, when, places))
    drawn = create_picture(file, credit="Communiqué, drawn from the facts", by=users["writer"])
    names = ", ".join(name for name, _x, _y in places)
    return {
        "picture": drawn,
        "picture_alt": f"Drawing: {names}, marked on a plain ground, with the date, {when}.",
        "picture_caption": "Where it took place; not to scale.",
    }
