"""A changed public address leads to the new one for ever; a hidden one tells nothing."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from articles.models import Article
from articles.publishing.workflow import withdraw
from articles.redirects import MODELS
from engagements.models import FormerSlug, Participant, Region
from engagements.text import unique_slug
from tests.factories import (
    EngagementFactory,
    OrganisationFactory,
    PersonFactory,
    TopicFactory,
    make_draft,
    make_public,
)

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)
PATHS = {
    "article": "articles", "engagement": "engagements", "region": "regions", "person": "people",
    "organisation": "organisations", "topic": "topics",
}  # fmt: skip


def rename(row, slug: str) -> None:
    row.slug = slug
    row.full_clean(exclude=["regions"])
    row.save()


def public_rows() -> dict:
    """Return one public row of each kind whose slug may change."""
    person, body, topic = PersonFactory(), OrganisationFactory(), TopicFactory()
    edition = make_public(topics=[topic])
    visit = edition.engagement
    Participant.objects.create(engagement=visit, organisation=body, person=person)
    rows = [edition.article, visit, Region.objects.first(), person, body, topic]
    return {row._meta.model_name: row for row in rows}


def test_changed_address_leads_on_through_several_changes_and_back(client):
    """Each old address is one permanent redirect away; one that is taken back answers itself."""
    rows = public_rows()
    assert set(rows) == set(MODELS)
    for kind, row in rows.items():
        first, path = row.slug, PATHS[kind]
        rename(row, "second")
        rename(row, "third")
        for old in (first, "second"):
            response = client.get(f"/{path}/{old}/", {"q": "kept"})
            assert response.status_code == 301
            assert response["Location"] == f"/{path}/third/?q=kept"
        rename(row, first)
        assert client.get(f"/{path}/{first}/").status_code == 200
        for old in ("second", "third"):
            assert client.get(f"/{path}/{old}/")["Location"] == f"/{path}/{first}/"
        # Browsers keep a permanent redirect, which would be a loop once the address is back.
        assert client.get(f"/{path}/second/")["Cache-Control"] == "no-cache"


def test_what_lies_beneath_a_changed_address_leads_on(client):
    """A feed's follower stays a follower, with the query string; HEAD is answered alike."""
    rows = public_rows()
    for kind in ("region", "person", "organisation", "topic"):
        old = rows[kind].slug
        rename(rows[kind], f"new-{kind}")
        for end in ("feed.rss", "feed.atom"):
            response = client.head(f"/{PATHS[kind]}/{old}/{end}?a=1&b=%20x")
            assert response.status_code == 301
            assert response["Location"] == f"/{PATHS[kind]}/new-{kind}/{end}?a=1&b=%20x"
    old = rows["engagement"].slug
    rename(rows["engagement"], "new-visit")
    response = client.get(f"/engagements/{old}/share.png")
    assert response["Location"] == "/engagements/new-visit/share.png"


def test_address_that_readers_never_knew_is_not_kept(client):
    """What a draft or an embargoed thing was called before its hour leads nowhere afterwards."""
    visit = EngagementFactory(public_from=timezone.now() + HOUR, slug="secret-visit")
    person, topic = PersonFactory(slug="secret-person"), TopicFactory(slug="secret-topic")
    draft = make_draft(engagement=visit, topics=[topic])
    Participant.objects.create(engagement=visit, person=person, country=visit.location_country)
    visit.topics.add(topic)
    for row in (visit, person, topic, draft.article):
        rename(row, "plain")
    assert not FormerSlug.objects.exists()
    visit.public_from = timezone.now() - HOUR
    visit.save()
    assert client.get("/engagements/plain/").status_code == 200
    assert client.get("/engagements/secret-visit/").status_code == 404


def test_nothing_leads_to_what_readers_may_not_see(client):
    """A former address of something that is not public is a 404 like any other."""
    person = PersonFactory(slug="old-name")
    visit = EngagementFactory()
    part = Participant.objects.create(
        engagement=visit, person=person, country=visit.location_country
    )
    rename(person, "new-name")
    part.delete()
    assert client.get("/people/old-name/").status_code == 404


def test_former_address_of_a_withdrawn_article_leads_to_its_notice(client):
    """Whoever kept an old link is told that the article was withdrawn."""
    edition = make_public()
    old = edition.article.slug
    rename(edition.article, "renamed")
    withdraw(edition.article, reason="Mistaken.")
    response = client.get(f"/articles/{old}/", follow=True)
    assert response.status_code == 410
    assert "Mistaken." in response.text


def test_former_address_is_not_given_to_another():
    """Reusing an address that still leads somewhere is refused, with what it leads to."""
    edition = make_public()
    old = edition.article.slug
    rename(edition.article, "renamed")
    with pytest.raises(ValidationError) as refusal:
        Article(slug=old).validate_unique()
    assert f"“{edition.article}”" in refusal.value.messages[0]
    assert unique_slug(Article, old, "article") == f"{old}-2"
    assert unique_slug(Article, old, "article", keep=edition.article) == old
    # Another kind of page has addresses of its own, and a deleted row holds none.
    TopicFactory.build(slug=old).validate_unique()
    edition.article.delete()
    Article(slug=old).validate_unique()


@pytest.mark.parametrize("query", ["x" * 5000, "%0d%0aSet-Cookie:a=b", "\xff=é"])
def test_hostile_query_breaks_no_redirect(client, query):
    """Whatever stands behind the question mark comes along or is refused, and splits no header."""
    edition = make_public()
    old = edition.article.slug
    rename(edition.article, "renamed")
    response = client.get(f"/articles/{old}/", QUERY_STRING=query)
    assert response.status_code in (301, 400)
    assert "Set-Cookie" not in response.headers


def test_page_that_answers_asks_for_no_former_address(client, django_assert_num_queries):
    """A redirect costs five questions, a page without one none more."""
    edition = make_public()
    old = edition.article.slug
    rename(edition.article, "renamed")
    # The version, its end, the article, a withdrawn one, where it is now.
    with django_assert_num_queries(5):
        assert client.get(f"/articles/{old}/").status_code == 301
