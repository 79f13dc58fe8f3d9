"""The desk's lists and the transitions that are not a save."""

import datetime as dt
import re

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from articles.models import Article, Edition
from articles.publishing.workflow import publish, withdraw
from articles.roles import DESK_HEAD, EDITOR, WRITER
from engagements.models import Engagement
from tests.articles.samples import make_full_article
from tests.engagements.desk import LIST as ENGAGEMENTS
from tests.engagements.desk import read
from tests.factories import TopicFactory, UserFactory, make_draft, make_public

pytestmark = pytest.mark.django_db

ARTICLES = reverse("admin:articles_article_changelist")


def signed_in(client, role: str):
    person = UserFactory()
    person.groups.add(Group.objects.get(name=role))
    client.force_login(person)
    return client


@pytest.mark.parametrize("rows", [2, 5])
@pytest.mark.parametrize(("address", "queries"), [(ARTICLES, 9), (reverse(ENGAGEMENTS), 13)])
def test_list_costs_the_same_however_long(
    admin_client, django_assert_num_queries, address, queries, rows
):
    """The number of queries does not grow with the rows."""
    topic = TopicFactory()
    for _row in range(rows):
        make_full_article([topic])
    admin_client.get(address)  # content types are looked up once a process
    with django_assert_num_queries(queries):
        assert admin_client.get(address).status_code == 200


def test_list_says_what_it_lists(admin_client):
    """Its heading is that of what it holds, and the way back names nothing twice."""
    html = admin_client.get("/admin/articles/article/").content.decode()
    assert re.findall("<h1>(.*)</h1>", html) == ["Articles"]
    assert "<title>Articles |" in html
    html = admin_client.get("/admin/articles/article/add/").content.decode()
    way = html.partition('class="breadcrumbs"')[2].partition("</div>")[0]
    assert re.findall("<a.*>(.*)</a>", way) == ["Home", "Articles"]


@pytest.fixture
def in_every_state():
    """A draft, a scheduled, a published and a withdrawn article, by that word."""
    scheduled = make_draft(headline="Scheduled")
    publish(scheduled, by=UserFactory(), at=timezone.now() + dt.timedelta(hours=1))
    withdrawn = make_public(headline="Withdrawn")
    withdraw(withdrawn.article, reason="Wrong")
    return {
        "draft": make_draft(headline="Draft"),
        "scheduled": scheduled,
        "published": make_public(headline="Published"),
        "withdrawn": withdrawn,
    }


@pytest.mark.parametrize("status", ["draft", "scheduled", "published", "withdrawn"])
def test_status_filter_finds_its_own(admin_client, in_every_state, status):
    """Each filter shows the article in that state and no other."""
    answer = admin_client.get(ARTICLES, {"status": status})
    found = answer.context["cl"].result_list
    assert [article.pk for article in found] == [in_every_state[status].article_id]
    assert f'<td class="field-status">{status}</td>' in answer.text


def test_article_is_found_by_its_headline(admin_client):
    """Once, however many editions say it."""
    edition = make_public(headline="Ports and lights")
    make_draft(edition.article, headline="Ports and lights again", engagement=edition.engagement)
    make_draft(headline="Another")
    answer = admin_client.get(ARTICLES, {"q": "lights"})
    assert list(answer.context["cl"].result_list) == [edition.article]


@pytest.mark.parametrize("coverage", ["yes", "no"])
def test_engagements_are_filtered_by_their_coverage(admin_client, coverage):
    """A draft is no coverage; a round-up is."""
    told = make_public(also_covers=[make_draft().engagement])
    rounded = told.also_covers.get()
    make_draft()
    answer = admin_client.get(reverse(ENGAGEMENTS), {"coverage": coverage})
    covered = {told.engagement, rounded}
    expected = covered if coverage == "yes" else set(Engagement.objects.all()) - covered
    assert set(answer.context["cl"].result_list) == expected


def test_withdrawal_asks_for_a_reason(client):
    """Without one the page says why; with one the article is gone."""
    edition = make_public()
    address = reverse("admin:articles_article_withdraw", args=[edition.article_id])
    client = signed_in(client, DESK_HEAD)
    assert client.get(address).status_code == 200
    assert "Say why it is withdrawn" in client.post(address, {"reason": " "}).text
    assert client.post(address, {"reason": "It was wrong."}).status_code == 302
    article = Article.objects.withdrawn().get()
    assert article.withdrawn_reason == "It was wrong."
    client.post(reverse("admin:articles_article_reinstate", args=[article.pk]))
    assert Edition.objects.public().exists()


@pytest.mark.parametrize(
    ("name", "roles"),
    [("withdraw", [DESK_HEAD]), ("reinstate", [DESK_HEAD]), ("unschedule", [DESK_HEAD, EDITOR])],
)
@pytest.mark.parametrize("role", [WRITER, EDITOR, DESK_HEAD])
def test_transition_is_for_its_roles(client, name, roles, role):
    """Everybody else is refused, and nothing happens."""
    edition = make_public()
    address = reverse(f"admin:articles_article_{name}", args=[edition.article_id])
    answer = signed_in(client, role).post(address)
    assert (answer.status_code == 403) == (role not in roles)
    assert Edition.objects.public().exists()


@pytest.mark.parametrize("name", ["reinstate", "unschedule"])
def test_transition_by_link_is_refused(admin_client, name):
    """A link that somebody follows changes nothing."""
    address = reverse(f"admin:articles_article_{name}", args=[make_public().article_id])
    assert admin_client.get(address).status_code == 405


def test_unschedule_button_takes_it_back(client, in_every_state):
    """The scheduled edition is a draft again."""
    edition = in_every_state["scheduled"]
    client = signed_in(client, EDITOR)
    page = reverse("admin:articles_article_change", args=[edition.article_id])
    address = reverse("admin:articles_article_unschedule", args=[edition.article_id])
    assert address in client.get(page).text
    client.post(address)
    edition.refresh_from_db()
    assert edition.state == "draft"


@pytest.mark.parametrize("visit", ["", "x", "-1", "99999999", "9" * 40, "٣", "1 OR 1"])
def test_visit_topics_answer_nonsense_with_404(admin_client, visit):
    """The script's question is checked like any other."""
    address = reverse("admin:articles_article_visit_topics")
    assert admin_client.get(address, {"visit": visit}).status_code == 404


def test_visit_topics_name_the_visits_own(admin_client):
    """The form's script fills them in."""
    edition = make_draft()
    topic = TopicFactory(name="Ports")
    edition.engagement.topics.set([topic])
    address = reverse("admin:articles_article_visit_topics")
    answer = admin_client.get(address, {"visit": edition.engagement_id})
    assert answer.json() == {"topics": [{"id": topic.pk, "name": "Ports"}]}


def test_engagement_under_a_public_article_is_not_hidden(admin_client):
    """Neither by its embargo nor by a withdrawal; the sentence names the article."""
    edition = make_public(headline="The story")
    visit = edition.engagement
    address = reverse("admin:engagements_engagement_change", args=[visit.pk])
    data = read(admin_client.get(address)) | {"public_from_0": "", "public_from_1": ""}
    answer = admin_client.post(address, data)
    assert "The story" in str(answer.context["adminform"].form.errors["public_from"])
    away = reverse("admin:engagements_engagement_withdraw", args=[visit.pk])
    assert "The story" in admin_client.post(away, {"reason": "Wrong"}).text
    assert list(Engagement.objects.public()) == [visit]
