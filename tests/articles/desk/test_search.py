"""One search over everything at the desk: what it finds, for whom, and at what cost."""

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles.models import Picture
from articles.roles import ADMINISTRATOR, WRITER
from engagements.models import Engagement
from tests.articles.samples import make_picture
from tests.factories import (
    EngagementFactory,
    OrganisationFactory,
    PersonFactory,
    TopicFactory,
    UserFactory,
    make_draft,
)

pytestmark = pytest.mark.django_db

SUGGESTIONS, PAGE = reverse("desk:suggestions"), reverse("desk:search")


def signed_in(client, role: str) -> User:
    person = UserFactory()
    person.groups.add(Group.objects.get(name=role))
    client.force_login(person)
    return person


def found(client, text: str) -> dict[str, list[str]]:
    groups = client.get(SUGGESTIONS, {"q": text}).json()["groups"]
    return {group["name"]: [item["title"] for item in group["items"]] for group in groups}


@pytest.fixture
def record():
    """One of each kind that bears the name of the Türkmen Sahra, and one that does not."""
    visit = EngagementFactory(title="Türkmen talks")
    make_draft(headline="What the Türkmen said", engagement=visit, topics=[])
    make_draft(headline="Another story", engagement=visit, topics=[])
    PersonFactory(name="Aýna Türkmen")
    OrganisationFactory(name="Türkmen Fund", acronym="TF")
    TopicFactory(name="Türkmen gas")
    Picture.objects.filter(pk=make_picture().pk).update(caption="The turkmen bazaar")
    return visit


def test_each_kind_is_found_without_its_accents(client, record):
    signed_in(client, WRITER)
    assert found(client, "turkmen") == {
        "articles_article": ["What the Türkmen said"],
        "engagements_engagement": ["Türkmen talks"],
        "engagements_person": ["Aýna Türkmen"],
        "engagements_organisation": ["Türkmen Fund"],
        "engagements_country": ["Turkmenistan"],
        "engagements_topic": ["Türkmen gas"],
        "articles_picture": ["The turkmen bazaar"],
    }
    assert found(client, "said türk") == {"articles_article": ["What the Türkmen said"]}
    page = client.get(PAGE, {"q": "turkmen"}).content.decode()
    assert "7 results." in page
    assert f'href="{reverse("admin:engagements_engagement_change", args=[record.pk])}"' in page


def test_name_that_begins_with_the_words_comes_first(client):
    signed_in(client, WRITER)
    names = found(client, "al")["engagements_country"]
    assert set(names[:3]) == {"Albania", "Algeria", "Åland Islands"}
    assert "Australia" in names


def test_superseded_headline_is_not_found(client, record):
    edition = make_draft(headline="Old words", engagement=record, topics=[])
    make_draft(edition.article, headline="New words", engagement=record, topics=[])
    signed_in(client, WRITER)
    assert found(client, "words") == {"articles_article": ["New words"]}


def test_pages_are_those_that_a_person_may_open(client):
    signed_in(client, WRITER)
    assert found(client, "new art")["pages"] == ["New article"]
    assert "pages" not in found(client, "users")
    signed_in(client, ADMINISTRATOR)
    assert "Users" in found(client, "users")["pages"]


def test_search_without_permissions_finds_nothing_of_the_record(client, record):
    client.force_login(UserFactory())
    assert found(client, "turkmen") == {}


def test_nonsense_is_answered_calmly(client, record):
    signed_in(client, WRITER)
    for text in ("", " ", "%", "qqqqzzzz", "'\"<>", "a" * 5000, "ظظظ"):
        for address in (SUGGESTIONS, PAGE):
            assert client.get(address, {"q": text}).status_code == 200, text
        if text.strip():
            assert found(client, text) == {}, text
            assert "No results." in client.get(PAGE, {"q": text}).content.decode(), text


def test_search_costs_the_same_with_more_rows(client, record):
    signed_in(client, WRITER)
    counts = []
    for _turn in range(2):
        for number in range(4):
            visit = EngagementFactory(title=f"Türkmen {number}")
            make_draft(headline="Türkmen news", engagement=visit, topics=[])
            PersonFactory(name="Türkmen")
        with CaptureQueriesContext(connection) as queries:
            client.get(SUGGESTIONS, {"q": "turkmen"})
        counts.append(len(queries))
    assert counts == [19, 19]
    assert len(found(client, "turkmen")["engagements_person"]) == 6


@pytest.mark.sqlite
def test_search_reads_an_index_rather_than_the_stories(client, record):
    signed_in(client, WRITER)
    with CaptureQueriesContext(connection) as queries:
        client.get(SUGGESTIONS, {"q": "turkmen said"})
    asked = [query["sql"] for query in queries if "LIKE" in query["sql"]]
    plans = []
    for sql in asked[:2]:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            plans.append(" ".join(str(row[-1]) for row in cursor.fetchall()))
    assert "COVERING INDEX edition_desk_search" in plans[0]
    assert "COVERING INDEX engagement_desk_search" in plans[1]
    assert Engagement.objects.count() == 1
