"""A newsroom at work: what an editor can do, so that a property test draws any sequence of it."""

import datetime as dt

from django.utils import timezone

from articles.caching.batch import batched_refresh
from articles.facts.duplicate_merge import merge_duplicate
from articles.models import Edition, Picture
from articles.publishing.workflow import publish, reinstate, unschedule, withdraw
from articles.timeline.index import STATUSES
from engagements.dates import PartialDate, Precision
from engagements.models import (
    Action,
    ActionUpdate,
    Appointment,
    Correction,
    Country,
    Engagement,
    EngagementRegion,
    Participant,
    Region,
)
from engagements.regions import apply_pending_changes, derive_regions
from tests.articles.samples import make_picture
from tests.factories import (
    ActionFactory,
    AppointmentFactory,
    EngagementFactory,
    OrganisationFactory,
    OutcomeFactory,
    PersonFactory,
    SourceFactory,
    TopicFactory,
    TourFactory,
    UserFactory,
    make_draft,
)

HOUR = dt.timedelta(hours=1)


class Newsroom:
    """What an editor can do, each by number, so that hypothesis can choose."""

    def __init__(self) -> None:
        self.user, self.head = UserFactory(), UserFactory()
        self.topics = TopicFactory.create_batch(2)
        self.people = PersonFactory.create_batch(2)
        self.body = OrganisationFactory()
        self.tours = TourFactory.create_batch(2)
        self.picture: Picture | None = None
        self.spain = Country.objects.get(code="ES")
        self.regions = list(Region.objects.filter(countries__code="DZ"))

    def visit(self, number: int) -> Engagement:
        visits = list(Engagement.objects.order_by("pk"))
        return visits[number % len(visits)] if visits else EngagementFactory()

    def add_visit(self, n: int) -> None:
        now = timezone.now()
        EngagementFactory(
            start=PartialDate(dt.date(2024 + n % 2, 1 + n % 12, 5), list(Precision)[n % 3]),
            public_from=[now - HOUR, now + HOUR, None][n % 3],
            parties=[("visitor", ["ES", "IT"][n % 2]), ("host", ["DZ", "TN"][n // 2 % 2])],
            topics=self.topics[: n % 3],
        )

    def change_visit(self, n: int) -> None:
        visit = self.visit(n)
        visit.status = list(STATUSES)[n % 5]
        visit.kind = "meeting" if n % 2 else "visit"
        visit.start = PartialDate(dt.date(2023, 1 + n % 12, 1))
        visit.save()

    def draft_or_release(self, n: int) -> None:
        visit = self.visit(n)
        visit.public_from = None if n % 2 else timezone.now() - HOUR
        if not visit.withdrawn_at:
            visit.save()

    def take_part(self, n: int) -> None:
        visit = self.visit(n)
        if not visit.participants.filter(person=self.people[n % 2]).exists():
            Participant.objects.create(
                engagement=visit, organisation=self.body, person=self.people[n % 2]
            )
        derive_regions(visit)

    def leave(self, n: int) -> None:
        if participant := self.visit(n).participants.last():
            participant.delete()

    def move_body(self, n: int) -> None:
        self.body.country = Country.objects.get(code="TN") if n % 2 else None
        self.body.save()

    def tag(self, n: int) -> None:
        self.visit(n).topics.set(self.topics[n % 3 :])

    def edit_regions(self, n: int) -> None:
        row, _ = EngagementRegion.objects.get_or_create(
            engagement=self.visit(n), region=self.regions[n % len(self.regions)]
        )
        row.origin = EngagementRegion.Origin.REMOVED if n % 2 else EngagementRegion.Origin.ADDED
        row.save()

    def change_region(self, n: int) -> None:
        region = self.regions[n % len(self.regions)]
        region.countries.set(Country.objects.filter(code__in=["IT"] if n % 2 else ["DZ", "TN"]))
        apply_pending_changes(region)

    def promise(self, n: int) -> None:
        action = ActionFactory(outcome=OutcomeFactory(engagement=self.visit(n)))
        if n % 2:
            action.status = Action.Status.DONE
            action.save()

    def drop_outcome(self, n: int) -> None:
        outcome = self.visit(n).outcomes.last()
        if outcome:
            outcome.delete()

    def tell(self, n: int) -> None:
        visit = self.visit(n)
        if visit.public_from is None or visit.withdrawn_at:
            return
        article = [e.article for e in Edition.objects.order_by("pk")][n % 7 : n % 7 + 1]
        edition = make_draft(
            article[0] if article else None,
            engagement=visit,
            topics=self.topics,
            author=self.user,
            also_covers=Engagement.objects.public()[: n % 2],
        )
        if not edition.article.withdrawn_at:
            publish(edition, by=self.head, at=timezone.now() + (1 + n % 3) * HOUR)

    def tell_now(self, n: int) -> None:
        visit = self.visit(n)
        if visit in Engagement.objects.public():
            publish(make_draft(engagement=visit, topics=self.topics), by=self.head)

    def take_back(self, n: int) -> None:
        if edition := Edition.objects.scheduled().first():
            unschedule(edition)

    def withdraw_story(self, n: int) -> None:
        edition = Edition.objects.public().order_by("pk").first()
        if edition:
            withdraw(edition.article, reason="Wrong")

    def reinstate_story(self, n: int) -> None:
        edition = Edition.objects.filter(article__withdrawn_at__isnull=False).first()
        if edition and edition.engagement.public_from and not edition.engagement.withdrawn_at:
            reinstate(edition.article)

    def withdraw_visit(self, n: int) -> None:
        visit = self.visit(n)
        if visit in Engagement.objects.public():
            visit.withdrawn_at, visit.withdrawn_reason = timezone.now(), "Wrong"
            visit.save()

    def merge_topics(self, n: int) -> None:
        double = TopicFactory()
        for visit in (self.visit(n), self.visit(n + 1)):
            visit.topics.add(double)
        kept = self.topics[n % 2]
        merge_duplicate(*((kept, double) if n % 3 == 0 else (double, kept)))
        self.topics[n % 2] = double if n % 3 == 0 else kept

    def merge_people(self, n: int) -> None:
        double = PersonFactory()
        for visit in {self.visit(n), self.visit(n + 1)}:
            Participant.objects.create(engagement=visit, country=self.spain, person=double)
        kept = self.people[n % 2]
        merge_duplicate(*((kept, double) if n % 3 == 0 else (double, kept)))
        self.people[n % 2] = double if n % 3 == 0 else kept

    def merge_bodies(self, n: int) -> None:
        double = OrganisationFactory(country=Country.objects.get(code="IT") if n % 2 else None)
        for visit in {self.visit(n), self.visit(n + 1)}:
            Participant.objects.create(engagement=visit, organisation=double)
        merge_duplicate(*((self.body, double) if n % 3 == 0 else (double, self.body)))
        self.body = double if n % 3 == 0 else self.body

    def delete_visit(self, n: int) -> None:
        visit = self.visit(n)
        if not Edition.objects.filter(engagement=visit).exists():
            visit.delete()

    def go_on_tour(self, n: int) -> None:
        visit = self.visit(n)
        visit.tour = None if n % 4 == 3 else self.tours[n % 2]
        visit.save()

    def rename(self, n: int) -> None:
        row = [*self.people, self.body, *self.topics, *self.tours, *self.regions][n % 9]
        name = "title" if row in self.tours else "name"
        setattr(row, name, f"{getattr(row, name)[:20]} {n}")
        row.save()

    def appoint(self, n: int) -> None:
        person = self.people[n % 2]
        if office := person.appointments.last():
            office.title = f"Envoy {n}"
            office.save()
        else:
            AppointmentFactory(person=person, organisation=self.body)

    def move_office(self, n: int) -> None:
        if office := Appointment.objects.last():
            office.person = PersonFactory() if n % 2 == 0 else self.people[0]
            office.save()

    def illustrate(self, n: int) -> None:
        """Publish the picture with an article's next edition, and without it in the one after."""
        for edition in Edition.objects.public().order_by("pk")[n % 2 : n % 2 + 1]:
            self.picture = self.picture or make_picture()
            for picture in (self.picture, None)[: 2 - n % 2]:
                again = make_draft(
                    edition.article, engagement=edition.engagement, topics=self.topics,
                    picture=picture, picture_alt="Flags" if picture else "", author=self.user,
                )  # fmt: skip
                publish(again, by=self.head)

    def delete_rounded_up(self, n: int) -> None:
        with batched_refresh():
            for visit in Engagement.objects.exclude(roundups=None).filter(editions=None)[:1]:
                visit.delete()

    def move_hour(self, n: int) -> None:
        visit = self.visit(n)
        if not visit.withdrawn_at and not visit.editions.exists():
            visit.public_from = timezone.now() + n % 3 * HOUR
            visit.save()

    def cite(self, n: int) -> None:
        source = SourceFactory(engagement=self.visit(n), title=f"Readout {n}")
        if participant := source.engagement.participants.first():
            participant.sources.add(source)

    def correct(self, n: int) -> None:
        Correction.objects.create(engagement=self.visit(n), note=f"Wrong {n}", made_by=self.user)

    def commit(self, n: int) -> None:
        owner = {"owner_country": self.spain} if n % 2 else {"owner_organisation": self.body}
        ActionFactory(outcome=OutcomeFactory(engagement=self.visit(n)), **owner)

    def report(self, n: int) -> None:
        if action := Action.objects.order_by("pk").last():
            ActionUpdate.objects.create(
                action=action, status=action.status, text=f"Done {n}",
                date=timezone.localdate(), reported_by=self.user,
            )  # fmt: skip

    def tell_again(self, n: int) -> None:
        """Publish another edition: of another visit, with other topics, or a minor one."""
        old = Edition.objects.public().order_by("pk").last()
        visit = old.engagement if old and n % 2 else self.visit(n)
        if old and visit in Engagement.objects.public():
            edition = make_draft(
                old.article, engagement=visit, topics=self.topics[n % 2 :], author=self.user,
                headline=f"Edition {n}", also_covers=Engagement.objects.public()[: n % 3],
                is_major=n % 4 == 0,
            )  # fmt: skip
            publish(edition, by=self.head)

    def draft(self, n: int) -> None:
        old = Edition.objects.order_by("pk").last()
        make_draft(old and old.article, engagement=self.visit(n), headline=f"Draft {n}")


DEEDS = sorted(name for name in vars(Newsroom) if name[0] != "_" and name != "visit")
