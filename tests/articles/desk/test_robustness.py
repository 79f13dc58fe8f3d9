"""What the desk's forms and lists answer to what nobody should send."""

import datetime as dt

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from django.urls import reverse
from django.utils import timezone

from articles.models import Article, Picture
from articles.publishing.workflow import reinstate, unschedule, withdraw
from articles.roles import DESK_HEAD, EDITOR, WRITER
from engagements.dates import PartialDate
from engagements.models import ActionUpdate, Engagement
from tests.articles.samples import make_picture
from tests.engagements.desk import read
from tests.factories import (
    ActionFactory,
    EngagementFactory,
    OutcomeFactory,
    UserFactory,
    make_draft,
    make_public,
)

pytestmark = pytest.mark.django_db


def signed_in(client, role: str):
    person = UserFactory()
    person.groups.add(Group.objects.get(name=role))
    client.force_login(person)
    return client, person


def article_form(edition, **changes) -> dict:
    """What a browser posts when the article's form is saved."""
    return {
        "headline": edition.headline, "standfirst": edition.standfirst, "body": edition.body,
        "engagement": edition.engagement_id, "topics": [t.pk for t in edition.topics.all()],
        "slug": edition.article.slug, "language": "en", "byline": "", "_save": "1",
        "picture": edition.picture_id or "", "picture_alt": edition.picture_alt,
        "is_major": "True", **changes,
    }  # fmt: skip


def test_writers_draft_does_not_change_a_public_pictures_credit(client):
    """Credit and licence are the picture's own: a writer cannot change what readers see."""
    picture = make_picture(credit="Agency", licence="CC0")
    public = make_public(picture=picture, picture_alt="Teal")
    client, person = signed_in(client, WRITER)
    draft = make_draft(author=person)
    Article.objects.filter(pk=draft.article_id).update(created_by=person)
    address = reverse("admin:articles_article_change", args=[draft.article_id])
    answer = client.post(
        address,
        article_form(draft, picture=picture.pk, picture_alt="Teal", picture_credit="Mine"),
        follow=True,
    )
    assert "Credit and licence of the picture stay as they were" in answer.text
    assert Picture.objects.get().credit == "Agency"
    assert "Agency" in client.get(public.get_absolute_url()).text


def test_editor_changes_a_pictures_credit(client):
    """Somebody who may change pictures does it in the article's form."""
    picture = make_picture(credit="Agency")
    edition = make_public(picture=picture, picture_alt="Teal")
    client, _person = signed_in(client, EDITOR)
    address = reverse("admin:articles_article_change", args=[edition.article_id])
    client.post(address, article_form(edition, picture_credit="The agency"))
    assert Picture.objects.get().credit == "The agency"


def test_language_of_an_article_that_was_public_is_held(client):
    """A draft does not turn the public page round."""
    edition = make_public()
    client, _person = signed_in(client, EDITOR)
    address = reverse("admin:articles_article_change", args=[edition.article_id])
    client.post(address, article_form(edition, language="ar", headline="Another headline"))
    assert Article.objects.get().language == "en"
    assert edition.article.editions.count() == 2


def test_address_of_an_engagement_that_is_public_leads_on(client):
    """An editor changes it, the form says what becomes of the old one, and it leads to the new."""
    visit = EngagementFactory(slug="visit")
    client, _person = signed_in(client, EDITOR)
    address = reverse("admin:engagements_engagement_change", args=[visit.pk])
    page = client.get(address)
    assert "the old address redirects to the new one" in page.text
    assert client.post(address, read(page) | {"slug": "moved"}).status_code == 302
    assert client.get("/engagements/visit/")["Location"] == "/engagements/moved/"
    # Another engagement is not given it.
    other = reverse("admin:engagements_engagement_change", args=[EngagementFactory().pk])
    answer = client.post(other, read(client.get(other)) | {"slug": "visit"})
    assert "This address redirects to" in answer.text


def test_nothing_scheduled_is_not_unscheduled(client):
    """When the hour has come meanwhile, the button says so instead of claiming success."""
    edition = make_public()
    client, _person = signed_in(client, EDITOR)
    address = reverse("admin:articles_article_unschedule", args=[edition.article_id])
    answer = client.post(address, follow=True).text
    assert "Nothing is scheduled" in answer
    assert "No longer scheduled" not in answer
    with pytest.raises(ValidationError):
        unschedule(None)


def test_long_reason_gets_a_sentence(client):
    """A reason longer than its column is refused on its own page, and kept."""
    edition = make_public()
    client, _person = signed_in(client, DESK_HEAD)
    address = reverse("admin:articles_article_withdraw", args=[edition.article_id])
    answer = client.post(address, {"reason": "x" * 301})
    assert "300 characters at most" in answer.text
    assert "x" * 301 in answer.text


def test_article_comes_back_only_with_its_visit():
    """Reinstated, it would stand without the facts that were withdrawn."""
    edition = make_public()
    withdraw(edition.article, reason="Mistaken.")
    visit = edition.engagement
    visit.withdrawn_at, visit.withdrawn_reason = timezone.now(), "Never happened."
    visit.save()
    with pytest.raises(ValidationError, match="is withdrawn"):
        reinstate(edition.article)
    visit.withdrawn_at, visit.withdrawn_reason = None, ""
    visit.save()
    reinstate(edition.article)
    assert Article.objects.public().exists()


ABSURD = ["abc", "\x00", "9" * 30, "-1", "²"]


@pytest.mark.parametrize(
    ("model", "action"),
    [
        ("articles_article", "delete_selected"),
        ("engagements_engagement", "delete_selected"),
        ("engagements_action", "confirm_done"),
        ("engagements_topic", "delete_selected"),
        ("engagements_person", "delete_selected"),
    ],
)
def test_list_action_on_an_absurd_key_does_nothing(admin_client, model, action):
    """What no database can look for is as if it had not been ticked."""
    make_public()
    address = reverse(f"admin:{model}_changelist")
    for key in ABSURD:
        answer = admin_client.post(address, {"action": action, "_selected_action": key})
        assert answer.status_code in (200, 302), key
        assert Engagement.objects.count() == 1, key


@pytest.mark.parametrize("key", ["abc", "9" * 30])
@pytest.mark.parametrize("field", ["participants-0-sources", "outcomes-0-sources"])
def test_absurd_source_of_a_fact_gets_a_sentence(admin_client, field, key):
    """The form comes back with a sentence."""
    visit = EngagementFactory()
    outcome = OutcomeFactory(engagement=visit)
    participant = visit.participants.first()
    data = {
        "title": "T", "slug": "t", "kind": "visit", "status": "took_place", "start": "2025",
        "participants-TOTAL_FORMS": "1", "participants-INITIAL_FORMS": "1",
        "participants-0-id": participant.pk, "participants-0-engagement": visit.pk,
        "participants-0-side": "visitor", "participants-0-country": participant.country_id,
        "participants-0-position": "0", "sources-TOTAL_FORMS": "0", "sources-INITIAL_FORMS": "0",
        "outcomes-TOTAL_FORMS": "1", "outcomes-INITIAL_FORMS": "1", "outcomes-0-id": outcome.pk,
        "outcomes-0-engagement": visit.pk, "outcomes-0-title": "O", "outcomes-0-position": "0",
        "region_rows-TOTAL_FORMS": "0", "region_rows-INITIAL_FORMS": "0", field: key,
    }  # fmt: skip
    answer = admin_client.post(
        reverse("admin:engagements_engagement_change", args=[visit.pk]), data
    )
    assert answer.status_code == 200
    assert "errorlist" in answer.text


@pytest.mark.parametrize("zone", ["Europe/Brussels", "America/New_York"])
@pytest.mark.parametrize("date", ["0001-01-01", "9999-12-31"])
def test_moment_out_of_reach_gets_a_sentence(admin_client, settings, zone, date):
    """The first and the last day of all are no times of publication, whatever the zone."""
    settings.TIME_ZONE = zone
    timezone.get_default_timezone.cache_clear()
    try:
        edition = make_draft()
        answer = admin_client.post(
            reverse("admin:articles_article_change", args=[edition.article_id]),
            article_form(edition, publish_at_0=date, publish_at_1="00:00", _publish="1"),
        )
        assert answer.status_code == 200
        assert "between 1000 and 2199" in answer.text
        answer = admin_client.post(
            reverse("admin:engagements_engagement_add"),
            {"title": "T", "public_from_0": date, "public_from_1": "00:00"},
        )
        assert answer.status_code == 200
    finally:
        timezone.get_default_timezone.cache_clear()


@pytest.mark.parametrize(
    "address",
    [
        "/admin/articles/article/add/?publish_at=x&slug=%E0",
        "/admin/engagements/engagement/add/?public_from=x&start=x",
        "/admin/engagements/region/add/?countries=abc,999999999999999999999999999999",
    ],
)
def test_form_is_not_filled_in_by_its_address(admin_client, address):
    """Whatever stands behind the question mark, the form opens empty."""
    assert admin_client.get(address).status_code == 200


@pytest.mark.parametrize(
    "model", ["articles_article", "engagements_engagement", "engagements_topic"]
)
@pytest.mark.parametrize("term", ["x" * 60_000, "ab " * 1_500])
def test_endless_search_finds_nothing(admin_client, model, term):
    """A search longer than anybody types is cut."""
    address = reverse(f"admin:{model}_changelist")
    assert admin_client.get(address, {"q": term}).status_code == 200


def test_writer_reports_only_done_on_a_public_action(client):
    """Readers would see any other status at once; "done" waits for a second person."""
    action = ActionFactory(outcome=OutcomeFactory())
    data = {
        "updates-TOTAL_FORMS": "1", "updates-INITIAL_FORMS": "0", "updates-0-action": action.pk,
        "updates-0-date": "2025-03-01", "updates-0-status": "dropped", "updates-0-text": "No.",
        "title": action.title,
    }  # fmt: skip
    address = reverse("admin:engagements_action_change", args=[action.pk])
    client, _person = signed_in(client, WRITER)
    assert "ask an editor" in client.post(address, data).text
    assert not ActionUpdate.objects.exists()
    client.post(address, data | {"updates-0-status": "done"})
    assert ActionUpdate.objects.effective().count() == 0
    assert ActionUpdate.objects.count() == 1
    signed_in(client, EDITOR)[0].post(address, data)
    assert ActionUpdate.objects.effective().get().status == "dropped"


def test_update_of_tomorrow_is_refused():
    """An update tells what has happened."""
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    update = ActionUpdate(action=ActionFactory(), date=tomorrow, status="dropped", text="No.")
    update.reported_by = UserFactory()
    with pytest.raises(ValidationError, match="future"):
        update.full_clean()


def test_engagement_is_found_by_its_countrys_other_name(admin_client):
    """An alias of the place finds what took place there."""
    visit = EngagementFactory()
    visit.location_country.names.create(name="Barbary", kind="alias")
    answer = admin_client.get(reverse("admin:engagements_engagement_changelist"), {"q": "barbary"})
    assert list(answer.context["cl"].result_list) == [visit]


def test_drill_down_by_date_ends_at_the_month(admin_client):
    """A visit known as "February 2025" is never offered as one of 1 February."""
    EngagementFactory(start=PartialDate(dt.date(2025, 2, 1), "month"))
    EngagementFactory()
    address = reverse("admin:engagements_engagement_changelist")
    year = admin_client.get(address, {"start_date__year": "2025"}).text
    assert "start_date__month=2" in year
    month = {"start_date__year": "2025", "start_date__month": "2"}
    assert "start_date__day" not in admin_client.get(address, month).text


def test_topic_of_a_public_article_cannot_be_deleted():
    """What readers saw keeps its topics."""
    edition = make_public()
    with pytest.raises(ProtectedError):
        edition.topics.get().delete()


def test_refused_publication_is_not_called_a_success(client):
    """What was saved and what was not are both said, and nothing that is untrue."""
    edition = make_draft(topics=[])
    client, _person = signed_in(client, EDITOR)
    address = reverse("admin:articles_article_change", args=[edition.article_id])
    data = article_form(edition, headline="Another", _publish="1")
    answer = client.post(address, data, follow=True).text
    assert "Choose at least one topic" in answer
    assert "changed successfully" not in answer
    assert not Article.objects.public().exists()


@pytest.mark.parametrize("date", ["", "2199-01-01"])
def test_public_engagement_is_withdrawn_not_emptied(client, date):
    """Its address would answer 404 and say nothing: the form points to the withdrawal."""
    visit = EngagementFactory()
    client, _person = signed_in(client, EDITOR)
    address = reverse("admin:engagements_engagement_change", args=[visit.pk])
    time = "00:00" if date else ""
    answer = client.post(address, {"title": "T", "public_from_0": date, "public_from_1": time})
    assert "Withdraw it instead" in answer.text
    assert Engagement.objects.public().exists()
