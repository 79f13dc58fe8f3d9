"""Test objects: each is valid by itself and says only what a test does not care about."""

import datetime as dt

import factory
from django.contrib.auth.models import User
from django.utils import timezone
from factory.django import DjangoModelFactory

from articles.caching.batch import batched_refresh
from articles.models import Article, Edition
from articles.publishing.workflow import publish, save_edition
from engagements.dates import PartialDate
from engagements.models import (
    Action,
    Appointment,
    Country,
    Engagement,
    Organisation,
    Outcome,
    Participant,
    Person,
    Region,
    Source,
    Topic,
    Tour,
)
from engagements.regions import derive_regions

YESTERDAY = dt.timedelta(days=1)


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User

    username = factory.Sequence("user{}".format)
    is_staff = True


class OrganisationFactory(DjangoModelFactory):
    class Meta:
        model = Organisation

    name = factory.Sequence("Organisation {}".format)
    slug = factory.Sequence("organisation-{}".format)


class PersonFactory(DjangoModelFactory):
    class Meta:
        model = Person

    name = factory.Sequence("Person {}".format)
    slug = factory.Sequence("person-{}".format)


class AppointmentFactory(DjangoModelFactory):
    class Meta:
        model = Appointment

    person = factory.SubFactory(PersonFactory)
    title = "Special envoy"
    organisation = factory.SubFactory(OrganisationFactory)


class RegionFactory(DjangoModelFactory):
    class Meta:
        model = Region
        skip_postgeneration_save = True

    name = factory.Sequence("Region {}".format)
    slug = factory.Sequence("region-{}".format)

    @factory.post_generation
    def countries(region, create, codes, **kwargs):  # noqa: N805 - factory_boy's convention
        if codes:
            region.countries.set(Country.objects.filter(code__in=codes))


class TopicFactory(DjangoModelFactory):
    class Meta:
        model = Topic

    name = factory.Sequence("Topic {}".format)
    slug = factory.Sequence("topic-{}".format)


class TourFactory(DjangoModelFactory):
    class Meta:
        model = Tour

    title = factory.Sequence("Tour {}".format)
    slug = factory.Sequence("tour-{}".format)


class EngagementFactory(DjangoModelFactory):
    """A public visit of Spain (ES) to Algeria (DZ) that took place on 28 January 2025."""

    class Meta:
        model = Engagement
        skip_postgeneration_save = True

    title = factory.Sequence("Engagement {}".format)
    slug = factory.Sequence("engagement-{}".format)
    status = Engagement.Status.TOOK_PLACE
    start = PartialDate(dt.date(2025, 1, 28))
    location_country = factory.LazyFunction(lambda: Country.objects.get(code="DZ"))
    city = "Algiers"
    public_from = factory.LazyFunction(lambda: timezone.now() - YESTERDAY)

    @classmethod
    def _generate(cls, *args, **kwargs):
        # As a form does: its rows are followed by one refresh of the timelines.
        with batched_refresh():
            return super()._generate(*args, **kwargs)

    @factory.post_generation
    def parties(engagement, create, parties, **kwargs):  # noqa: N805 - factory_boy's convention
        for side, code in parties or [("visitor", "ES"), ("host", "DZ")]:
            country = Country.objects.get(code=code)
            Participant.objects.create(engagement=engagement, side=side, country=country)
        derive_regions(engagement)

    @factory.post_generation
    def topics(engagement, create, topics, **kwargs):  # noqa: N805 - factory_boy's convention
        engagement.topics.set(topics or [])


class SourceFactory(DjangoModelFactory):
    class Meta:
        model = Source

    engagement = factory.SubFactory(EngagementFactory)
    publisher = "Ministry"
    title = "Readout"


class OutcomeFactory(DjangoModelFactory):
    class Meta:
        model = Outcome

    engagement = factory.SubFactory(EngagementFactory)
    title = "Improved cooperation"


class ActionFactory(DjangoModelFactory):
    class Meta:
        model = Action

    outcome = factory.SubFactory(OutcomeFactory)
    title = "Hold a forum"


class ArticleFactory(DjangoModelFactory):
    class Meta:
        model = Article

    slug = factory.Sequence("article-{}".format)


@batched_refresh()
def make_draft(article: Article | None = None, **content) -> Edition:
    """Return a complete draft, of a new article unless one is given."""
    content.setdefault("headline", "An envoy in Algiers")
    content.setdefault("standfirst", "A standfirst.")
    content.setdefault("body", "<p>A story.</p>")
    if "engagement" not in content:
        content["engagement"] = EngagementFactory()
    if "topics" not in content:
        content["topics"] = [TopicFactory()]
    content.setdefault("author", UserFactory())
    return save_edition(article or ArticleFactory(), **content)


@batched_refresh()
def make_public(at: dt.datetime | None = None, **content) -> Edition:
    """Return an edition that is public from `at` (`None`: since an hour ago)."""
    edition = make_draft(**content)
    at = at or timezone.now() - dt.timedelta(hours=1)
    publish(edition, by=UserFactory(), at=at, backdated=True)
    return edition
