"""A newsroom of any size: plausible engagements over a century, for measuring.

The shape is that of the record of US visits, 2001 to 2025 (Office of the Historian): of 222
countries, the first has 4 % of the visits, the first 20 have 43 % and the first 50 have 69 %.
The same number gives the same newsroom.
"""

import datetime as dt
import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group, User
from django.core.management.color import no_style
from django.db import connection, models
from django.utils import timezone
from tqdm import tqdm

from articles.caching.version import content_changed
from articles.models import Article, Edition, EditionTopic
from articles.roles import EDITOR, WRITER
from articles.syndication import index as syndication_index
from articles.timeline.bulk_insert import bulk_insert
from articles.timeline.index import rebuild
from engagements.dates import PartialDate
from engagements.models import (
    Action,
    Country,
    Engagement,
    EngagementRegion,
    EngagementTopic,
    Organisation,
    Outcome,
    Participant,
    Person,
    Region,
    Topic,
)

FIRST_YEAR, YEARS = 1926, 101
BATCH = 10_000
TOPICS, ORGANISATIONS, VISITS_A_PERSON = 30, 200, 12
VISITS_AN_ARTICLE = 10
DRAFTS = 60  # on the desk, of an archive of any size; a third waits for review
STORY = "<h2>What was said</h2>" + 6 * (
    "<p>The two delegations met in the morning and again after lunch. They spoke of trade, of the "
    "road between their capitals and of the students who use it, and they agreed to meet again "
    "before the end of the year. Neither side gave a number.</p>"
)


def fill(number: int) -> None:
    """Fill an empty database, with migrations applied, with so many engagements."""
    draw = random.Random(number)  # noqa: S311 - nothing is kept secret by it
    author = _member("bench", WRITER)
    _member("bench-editor", EDITOR)
    people = _create(
        Person,
        (
            Person(name=f"Envoy {n}", slug=f"envoy-{n}", search_text="")
            for n in range(max(20, number // VISITS_A_PERSON))
        ),
    )
    bodies = _create(
        Organisation,
        (
            Organisation(name=f"Body {n}", slug=f"body-{n}", search_text="")
            for n in range(ORGANISATIONS)
        ),
    )
    topics = _create(Topic, (Topic(name=f"Topic {n}", slug=f"topic-{n}") for n in range(TOPICS)))
    countries = list(
        Country.objects.filter(valid_until__isnull=True).order_by("pk").values_list("pk", flat=True)
    )
    draw.shuffle(countries)
    choose = Chooser(draw, countries, people, bodies, topics)
    regions: dict[int, list[int]] = {}
    for region, country in Region.countries.through.objects.values_list("region", "country"):
        regions.setdefault(country, []).append(region)
    first = (Engagement.objects.aggregate(models.Max("pk"))["pk__max"] or 0) + 1
    with tqdm(total=number, unit=" engagements") as bar:
        for start in range(0, number, BATCH):
            numbers = range(start, min(start + BATCH, number))
            _write([_visit(choose, regions, first + n, n, number, author.pk) for n in numbers])
            bar.update(len(numbers))
    _write([_draft(first + number + n, author.pk) for n in range(DRAFTS)])
    _restart_sequences()
    with tqdm(total=number, unit=" indexed") as bar:
        rebuild(bar.update)
    syndication_index.rebuild()
    content_changed()
    with connection.cursor() as cursor:
        # What PostgreSQL does by itself within minutes; before it, no index alone answers.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _member(name: str, role: str) -> User:
    person = User.objects.create(username=name, is_staff=True)
    person.groups.set(Group.objects.filter(name=role))
    return person


class Chooser:
    """Draws what an engagement is made of, a few of each much more often than the others."""

    def __init__(
        self, draw: random.Random, countries: list, people: list, bodies: list, topics: list
    ) -> None:
        self.draw = draw
        self.people, self.bodies, self.topics = people, bodies, topics
        self.countries = dict(Country.objects.values_list("pk", "name"))
        self.country = self._weighted(
            countries, [1 / (rank + 34) ** 2 for rank in range(len(countries))]
        )
        self.topic = self._weighted(topics, [1 / (rank + 2) for rank in range(len(topics))])
        self.kind = self._weighted(
            [
                "visit",
                "official_visit",
                "working_visit",
                "state_visit",
                "meeting",
                "summit",
                "conference",
            ],
            [40, 12, 12, 3, 20, 8, 5],
        )
        self.status = self._weighted(
            ["took_place", "cancelled", "postponed", "planned"], [94, 3, 2, 1]
        )
        self.precision = self._weighted(["day", "month", "year"], [94, 5, 1])

    def _weighted(self, values: Sequence, weights: list[float]) -> Callable[[], Any]:
        """Return a function that draws; in batches, since one by one is slow."""
        summed = list(itertools.accumulate(weights))
        drawn = itertools.chain.from_iterable(
            self.draw.choices(values, cum_weights=summed, k=1000) for _batch in itertools.count()
        )
        return drawn.__next__

    def owner(self, number: int, country: int) -> dict[str, Any]:
        """Return the owner of an action: of each fifth one an organisation."""
        if number % 5:
            return {"owner_country_id": country, "owner_name": self.countries[country]}
        position = number % len(self.bodies)
        return {"owner_organisation_id": self.bodies[position], "owner_name": f"Body {position}"}

    def person(self) -> int:
        # The square: some travel much more than others.
        return self.people[int(len(self.people) * self.draw.random() ** 2)]


def _visit(
    choose: Chooser, regions: dict[int, list[int]], pk: int, n: int, number: int, author: int
) -> list[models.Model]:
    """Return the rows of one engagement."""
    draw = choose.draw
    # More in later years, and one in a hundred still ahead.
    part = (n + draw.random()) / number
    day = dt.date(FIRST_YEAR, 1, 1) + dt.timedelta(days=int(365.25 * YEARS * part**0.6))
    start = PartialDate(day, choose.precision())
    ahead = start.first_day > timezone.localdate()
    visitor, host = choose.country(), choose.country()
    visit = Engagement(
        pk=pk,
        uuid=UUID(int=pk),
        title=f"Visit {pk}",
        slug=f"visit-{pk}",
        kind=choose.kind(),
        status="planned" if ahead else choose.status(),
        start=start,
        sort_date=start.last_day,
        location_country_id=host,
        city="Capital",
        summary="Talks on trade, on the road between the two capitals and on students.",
        public_from=timezone.now() - dt.timedelta(days=1),
        search_text=f"visit {pk}",
        created_at=timezone.now(),
        updated_at=timezone.now(),
    )
    rows: list[models.Model] = [visit]
    people = {choose.person() for _one in range(draw.choice((1, 1, 2)))}
    for position, person in enumerate(sorted(people)):
        rows.append(
            Participant(
                engagement_id=pk, side="host" if position else "visitor", person_id=person,
                country_id=host if position else visitor, is_lead=True, position=position,
            )
        )  # fmt: skip
    if len(people) == 1:
        rows.append(Participant(engagement_id=pk, side="host", country_id=host, position=1))
    if draw.random() < 0.1:
        body = draw.choice(choose.bodies)
        rows.append(Participant(engagement_id=pk, side="other", organisation_id=body, position=2))
    found = {*regions.get(visitor, ()), *regions.get(host, ())}
    rows += [
        EngagementRegion(engagement_id=pk, region_id=r, origin="derived") for r in sorted(found)
    ]
    topics = sorted({choose.topic() for _one in range(draw.choice((1, 2)))})
    rows += [EngagementTopic(content_object_id=pk, tag_id=topic) for topic in topics]
    if draw.random() < 0.05:
        rows.append(Outcome(pk=pk, engagement_id=pk, title="A road"))
        rows += [
            Action(
                outcome_id=pk, title="Build it", due_date=start.first_day, due_precision="day",
                status=draw.choice(("open", "done")), updated_at=timezone.now(),
                **choose.owner(pk, host),
            )
        ]  # fmt: skip
    if n % VISITS_AN_ARTICLE == 0:
        rows += _article(visit, topics, author)
    return rows


def _article(visit: Engagement, topics: list[int], author: int) -> list[models.Model]:
    pk = visit.pk
    article = Article(
        pk=pk, uuid=UUID(int=pk), translation_group=UUID(int=pk), slug=f"story-{pk}",
        created_at=timezone.now(),
    )  # fmt: skip
    edition = Edition(
        pk=pk, article_id=pk, number=1, headline=f"What was agreed on visit {pk}",
        search_text=f"what was agreed on visit {pk}",
        standfirst="Two delegations met and will meet again.", body=STORY, engagement_id=pk,
        author_id=author, approved_by_id=author, state="approved",
        public_from=timezone.now() - dt.timedelta(days=1, seconds=pk),
    )  # fmt: skip
    return [
        article,
        edition,
        *(EditionTopic(content_object_id=pk, tag_id=topic) for topic in topics),
    ]


def _draft(pk: int, author: int) -> list[models.Model]:
    article = Article(
        pk=pk, uuid=UUID(int=pk), translation_group=UUID(int=pk), slug=f"draft-{pk}",
        created_at=timezone.now(), created_by_id=author,
    )  # fmt: skip
    edition = Edition(
        pk=pk, article_id=pk, number=1, headline=f"Draft {pk}", search_text=f"draft {pk}",
        body=STORY, author_id=author, state="draft" if pk % 3 else "in_review",
    )  # fmt: skip
    return [article, edition]


ORDER = (
    Engagement, Participant, EngagementRegion, EngagementTopic, Outcome, Action, Article, Edition,
    EditionTopic,
)  # fmt: skip


def _write(visits: list[list[models.Model]]) -> None:
    by_model: dict[type, list] = {model: [] for model in ORDER}
    for row in itertools.chain.from_iterable(visits):
        by_model[type(row)].append(row)
    for model, rows in by_model.items():
        if rows:
            copy(model, rows)


def copy(model: type[models.Model], rows: Iterable[models.Model]) -> None:
    """Insert rows past every check, as fast as the database takes them."""
    fields = [
        field
        for field in model._meta.concrete_fields
        if not (field.primary_key and getattr(next(iter(rows)), field.attname) is None)
    ]
    bulk_insert(model._meta.db_table, [field.column for field in fields], _values(fields, rows))


def _values(fields: list, rows: Iterable[models.Model]) -> Iterator[list]:
    for row in rows:
        yield [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]


def _create(model: type[models.Model], rows: Iterable[models.Model]) -> list[int]:
    """Insert rows and return all pks of the model."""
    model.objects.bulk_create(rows, batch_size=BATCH)
    return list(model.objects.order_by("pk").values_list("pk", flat=True))


def _restart_sequences() -> None:
    """Let the next row's pk follow the last one that was written past the sequence."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(ORDER)):
            cursor.execute(statement)
