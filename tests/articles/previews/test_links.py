"""A link for outsiders opens one edition before it is out, and nothing else, until it ends."""

import datetime as dt
import io
import json
import logging.config

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from articles.models import Edition, PreviewLink, Rendition
from articles.previews import links
from articles.previews.links import make, previewable
from articles.publishing.workflow import publish, reinstate, save_edition, unschedule, withdraw
from articles.roles import ROLES, WRITER
from config.logs import WithoutTokens
from config.settings import LOGGING
from tests.articles.authoring.test_preview import story_of
from tests.articles.samples import make_picture
from tests.factories import EngagementFactory, UserFactory, make_draft, make_public
from tests.wsgi import ask

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)
NONSENSE = "A" * 43


def member(role: str = WRITER):
    person = UserFactory()
    person.groups.add(Group.objects.get(name=role))
    return person


def linked(edition: Edition | None = None, **made) -> tuple[Edition, str, str]:
    """Return an edition, the token of a link to it, and the link's address."""
    edition = edition or make_draft(headline="A secret meeting")
    _link, token = make(edition, **{"by": member(), "lifetime": "week", **made})
    return edition, token, reverse("articles:preview", args=[token])


def newer(edition: Edition, **content) -> Edition:
    """Return the article's next edition, which says something else."""
    kept = {name: getattr(edition, name) for name in ("standfirst", "body", "engagement")}
    kept |= {"headline": "Another headline", "author": UserFactory()}
    return save_edition(edition.article, topics=edition.topics.all(), **{**kept, **content})


def test_link_shows_the_page_as_readers_will_have_it(client):
    """The same words by the same template, with a banner; the visit although it is embargoed."""
    visit = EngagementFactory(public_from=timezone.now() + HOUR, venue="Palace of the People")
    edition, _token, address = linked(make_draft(engagement=visit))
    shown = client.get(address)
    assert shown.status_code == 200
    assert "Draft, not published." in shown.text
    assert "Palace of the People" in shown.text
    assert 'content="noindex' in shown.text
    # Neither as its canonical address nor at the foot of a printed page.
    assert address not in shown.text
    visit.public_from = timezone.now() - HOUR
    visit.save()
    before = client.get(address).text
    publish(edition, by=UserFactory())
    public = client.get(edition.get_absolute_url()).text
    assert story_of(before) == story_of(public)


def test_nobody_keeps_it_lists_it_or_hears_of_it(client, stored):
    """Neither a cache nor the page store keeps it, and no link on it tells its address."""
    _edition, token, address = linked(make_draft(picture=make_picture(), picture_alt="A sea"))
    picture = Edition.objects.get().picture
    media = reverse("articles:preview_media", args=[token, picture.uuid, "320.jpg"])
    for path in (address, media, reverse("articles:preview", args=[NONSENSE])):
        for _again in range(2):
            headers = ask(stored, path).headers
            assert headers["cache-control"] == "private, no-store", path
            assert headers["x-robots-tag"].startswith("noindex"), path
            assert headers["referrer-policy"] == "no-referrer", path
            assert "etag" not in headers, path
    assert len(stored.entries) == 0
    assert "/preview" not in client.get("/robots.txt").text  # who may not ask is not told noindex


def test_pictures_of_the_draft_stand_beneath_the_link(client):
    """All of its own, at no other address, and none of another draft."""
    embedded = make_picture()
    body = f'<p>A story.</p><img data-picture="{embedded.uuid}" alt="Two flags">'
    draft = make_draft(picture=make_picture(), picture_alt="A sea", body=body)
    edition, token, address = linked(draft)
    text = client.get(address).text
    shown = Rendition.objects.filter(picture__in=[edition.picture, embedded])
    for rendition in shown.exclude(name="share.jpg").select_related("picture"):
        names = [rendition.picture.uuid, rendition.name]
        path = reverse("articles:preview_media", args=[token, *names])
        assert path in text
        assert rendition.get_absolute_url() not in text.replace(path, "")
        answer = client.get(path)
        b"".join(answer)
        assert answer.status_code == 200
        assert client.get(rendition.get_absolute_url()).status_code == 404
    other = make_picture()
    names = {"uuid": other.uuid, "name": other.renditions.first().name}
    assert (
        client.get(reverse("articles:preview_media", args=[token, *names.values()])).status_code
        == 404
    )


def expire(link: PreviewLink) -> None:
    PreviewLink.objects.update(made_at=link.made_at - dt.timedelta(days=8))
    PreviewLink.objects.update(expires_at=timezone.now())


ENDS = {
    "expired": expire,
    "revoked": lambda link: PreviewLink.objects.all().revoke(by=link.made_by),
    "published": lambda link: publish(link.edition, by=UserFactory()),
    "overtaken": lambda link: publish(newer(link.edition), by=UserFactory()),
    "account closed": lambda link: User.objects.filter(pk=link.made_by_id).update(is_active=False),
}


@pytest.mark.parametrize("end", ENDS)
def test_link_that_ended_says_nothing(client, end):
    """The same page as for a link that never was, and its pictures are gone with it."""
    edition, token, address = linked(
        make_draft(headline="A secret meeting", picture=make_picture(), picture_alt="A sea")
    )
    media = reverse("articles:preview_media", args=[token, edition.picture.uuid, "320.jpg"])
    nonsense = client.get(reverse("articles:preview", args=[NONSENSE]))
    ENDS[end](PreviewLink.objects.get())
    answer = client.get(address)
    assert answer.status_code == nonsense.status_code == 404
    assert answer.content == nonsense.content
    assert "This link does not work" in answer.text
    assert client.get(media).status_code == 404


def test_withdrawal_ends_links_for_good(client):
    """What waits behind a withdrawn page is shown to nobody; bringing it back opens nothing."""
    public = make_public()
    _edition, _token, address = linked(newer(public))
    assert client.get(address).status_code == 200
    withdraw(public.article, reason="Wrong envoy.")
    assert client.get(address).status_code == 404
    public.article.refresh_from_db()
    assert previewable(public.article) == []
    reinstate(public.article)
    assert client.get(address).status_code == 404


def test_link_to_a_scheduled_edition_ends_at_its_hour(client, monkeypatch):
    """Approval alone ends nothing, nor does being taken off the schedule."""
    edition, _token, address = linked(lifetime="month")
    publish(edition, by=UserFactory(), at=timezone.now() + 2 * HOUR)
    assert client.get(address).status_code == 200
    unschedule(edition)
    assert client.get(address).status_code == 200
    publish(edition, by=UserFactory(), at=timezone.now() + 2 * HOUR)
    later = timezone.now() + 2 * HOUR
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert client.get(address).status_code == 404


def test_link_opens_no_later_edition(client):
    """Nothing that is written after it was made is shown by it."""
    edition, _token, address = linked()
    newer(edition)
    text = client.get(address).text
    assert "A secret meeting" in text
    assert "Another headline" not in text


def test_token_is_nowhere(client, caplog):
    """Its hash is stored, and no line of the log holds it: message, field or traceback."""
    _edition, token, address = linked()
    link = PreviewLink.objects.get()
    assert len(token) >= 43  # 256 bits in base64
    assert link.token_hash == links.hash_of(token)
    assert token not in json.dumps(PreviewLink.objects.values().get(), default=str)
    assert LOGGING["handlers"]["stderr"]["class"] == "config.logs.WithoutTokens"
    with caplog.at_level(logging.WARNING):
        client.get(address.replace(token, NONSENSE))
        client.post(address)
    records = [record for record in caplog.records if "/preview/" in record.getMessage()]
    assert len(records) == 2
    try:
        raise ValueError(f"at {address}media/")
    except ValueError as error:
        failed = logging.makeLogRecord({"msg": "Failed", "exc_info": (ValueError, error, None)})
    for kind in ("text", "json"):
        style = dict(LOGGING["formatters"][kind])
        written = io.StringIO()
        handler = WithoutTokens(written)
        handler.setFormatter(logging.config.DictConfigurator({}).configure_formatter(style))
        for record in [*records, failed]:
            handler.handle(record)
        assert token not in written.getvalue()
        assert NONSENSE not in written.getvalue()
        assert written.getvalue().count("/preview/…") >= 3


def test_query_count_is_constant(client, django_assert_num_queries):
    """However many links and editions there are; and an opening is noted once a minute."""
    edition, _token, address = linked(make_draft(picture=make_picture(), picture_alt="A sea"))
    client.get(address)
    assert PreviewLink.objects.get().opened_at
    for _more in range(3):
        newer(edition)
        make(edition, by=member(), lifetime="day")
    with django_assert_num_queries(16):
        client.get(address)
    page = reverse("admin:articles_article_links", args=[edition.article_id])
    client.force_login(member())
    with django_assert_num_queries(11):
        client.get(page)


def test_link_is_made_shown_once_and_revoked_at_the_desk(client):
    """Whoever may see the draft makes one; it is listed with who, until when and last opened."""
    edition = make_draft()
    page = reverse("admin:articles_article_links", args=[edition.article_id])
    client.force_login(member())
    made = client.post(page, {"edition": edition.number, "lifetime": "day"})
    address = made.context["address"]
    assert address in made.text
    assert "no-store" in made["Cache-Control"]
    link = PreviewLink.objects.get()
    assert link.expires_at - link.made_at == dt.timedelta(days=1)
    client.logout()
    assert client.get(address).status_code == 200
    client.force_login(member())
    listed = client.get(page)
    assert address not in listed.text
    (row,) = listed.context["links"]
    assert (row[1], row[2]) == ("works", True)
    revoke = reverse("admin:articles_article_revoke_link", args=[edition.article_id, link.pk])
    assert "Revoked" in client.post(revoke, follow=True).text
    assert "ended already" in client.post(revoke, follow=True).text
    assert client.get(address).status_code == 404
    assert "revoked by" in client.get(page).context["links"][0][1]
    other = make_draft().article_id
    assert client.post(reverse("admin:articles_article_revoke_link", args=[other, link.pk]))


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"edition": "1", "lifetime": "century"}, "Choose for how long"),
        ({"edition": "1"}, "Choose for how long"),
        ({"edition": "\0", "lifetime": "day"}, "Choose again"),
        ({"edition": "9" * 400, "lifetime": "day"}, "Choose again"),
        ({}, "Choose again"),
    ],
)
def test_nonsense_makes_no_link(client, typed, sentence):
    """It is answered with a sentence where the person is."""
    edition = make_draft()
    client.force_login(member())
    answer = client.post(reverse("admin:articles_article_links", args=[edition.article_id]), typed)
    assert answer.status_code == 200
    assert sentence in answer.text
    assert not PreviewLink.objects.exists()


def test_links_are_bounded(monkeypatch):
    """One article does not have more of them at work than anybody can look through."""
    monkeypatch.setattr(links, "MOST_WORKING", 1)
    edition, _token, _address = linked()
    with pytest.raises(ValidationError, match="1 links"):
        linked(edition)


@pytest.mark.parametrize("role", ["anonymous", *ROLES])
def test_address_by_role(client, role):
    """A preview asks nobody who they are; its making and ending are for the desk alone."""
    edition, token, address = linked(make_draft(picture=make_picture(), picture_alt="A sea"))
    media = reverse("articles:preview_media", args=[token, edition.picture.uuid, "320.jpg"])
    page = reverse("admin:articles_article_links", args=[edition.article_id])
    revoke = reverse(
        "admin:articles_article_revoke_link",
        args=[edition.article_id, PreviewLink.objects.get().pk],
    )
    if role != "anonymous":
        client.force_login(member(role))
    for path in (address, media):
        answer = client.get(path)
        b"".join(answer)
        assert answer.status_code == 200
        assert client.post(path).status_code == 405
        assert not answer.cookies
    assert client.get(page).status_code == (302 if role == "anonymous" else 200)
    answer = client.post(revoke)
    assert answer["Location"].startswith("/admin/login/") == (role == "anonymous")
    assert client.get(address).status_code == (200 if role == "anonymous" else 404)
