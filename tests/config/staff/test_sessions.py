"""Where people are signed in, and how that ends."""

import datetime as dt

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles.roles import ADMINISTRATOR, DESK_HEAD, WRITER
from config.staff.models import AuditEvent
from config.staff.sessions import living_sessions
from config.staff.views import browser_of
from tests.config.staff.test_sign_in import member, sign_in
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

OWN = reverse("account_sessions")
INDEX = reverse("admin:index")
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)


@pytest.fixture(autouse=True)
def nobody_tried_before():
    caches["sign_in"].clear()


@pytest.fixture
def amina() -> User:
    return member(WRITER, username="amina")


def signed_in(user_agent: str, address: str) -> Client:
    client = Client(headers={"user-agent": user_agent}, REMOTE_ADDR=address)
    sign_in(client)
    return client


def is_signed_in(client: Client) -> bool:
    return client.get(INDEX).status_code == 200


def of(person: User) -> str:
    return reverse("account_sessions_of", args=[person.pk])


def test_person_ends_one_of_their_sessions(amina):
    """Browser, address and moments stand beside each; the others go on."""
    desk, phone = signed_in(FIREFOX, "203.0.113.9"), signed_in(SAFARI, "198.51.100.7")
    page = desk.get(OWN).text
    for words in ("Firefox on Windows", "203.0.113.9", "Safari on iPhone", "198.51.100.7"):
        assert words in page
    row = UserSession.objects.get(ip="198.51.100.7")
    answer = desk.post(OWN, {"session": row.pk}, follow=True)
    assert "1 session is ended" in answer.text
    assert "Safari" not in answer.text
    assert is_signed_in(desk)
    assert not is_signed_in(phone)
    event = AuditEvent.objects.get(kind=AuditEvent.Kind.SESSIONS_ENDED)
    assert (event.by_name, event.about, event.address) == ("amina", "amina", "203.0.113.9")


def test_person_ends_all_others(amina):
    """The one at hand stays."""
    desk, phone, other = (signed_in(FIREFOX, f"203.0.113.{n}") for n in (1, 2, 3))
    assert "2 sessions are ended" in desk.post(OWN, follow=True).text
    assert [is_signed_in(client) for client in (desk, phone, other)] == [True, False, False]


def test_administrator_ends_anothers(client, amina):
    """From the account's page; a superuser's are out of reach, and nobody else's are listed."""
    phone = signed_in(SAFARI, "198.51.100.7")
    client.force_login(member(ADMINISTRATOR))
    account = client.get(reverse("admin:auth_user_change", args=[amina.pk])).text
    assert f'<a href="{of(amina)}">signed in 1 time</a>' in account
    assert "Where amina is signed in" in client.get(of(amina)).text
    client.post(of(amina))
    assert not is_signed_in(phone)
    above = UserFactory(is_superuser=True)
    assert client.get(of(above)).status_code == 403
    client.force_login(member(DESK_HEAD))
    assert client.get(of(amina)).status_code == 403
    assert client.post(of(amina)).status_code == 403
    assert client.get(reverse("account_sessions_of", args=["9" * 40])).status_code == 404


@pytest.mark.parametrize("key", ["x", "\x00", "9" * 40])
def test_nobody_ends_anothers_by_its_number(client, amina, key):
    """A key of somebody else's ends nothing, and one that is none ends the others."""
    phone = signed_in(SAFARI, "198.51.100.7")
    client.force_login(member(WRITER))
    client.post(OWN, {"session": UserSession.objects.get().pk})
    assert client.post(OWN, {"session": key}).status_code == 302
    assert is_signed_in(phone)


def test_new_password_ends_all_sessions(client, amina):
    """Also for the list."""
    phone = signed_in(SAFARI, "198.51.100.7")
    amina.set_password("otter-velvet-quorum-nine")
    amina.save()
    assert not living_sessions(amina).exists()
    assert not is_signed_in(phone)


def test_own_new_password_leaves_one_signed_in(amina):
    """Where it was changed, and nowhere else."""
    desk, phone = signed_in(FIREFOX, "203.0.113.9"), signed_in(SAFARI, "198.51.100.7")
    new = "otter-velvet-quorum-nine"
    data = {"old_password": "a long enough passphrase", "new_password1": new, "new_password2": new}
    assert desk.post(reverse("admin:password_change"), data).status_code == 302
    assert is_signed_in(desk)
    assert not is_signed_in(phone)


def test_last_seen_is_kept_to_the_minute(amina, django_assert_num_queries):
    """With one write a minute, none at all right after signing in, and none on public pages."""
    desk = signed_in(FIREFOX, "203.0.113.9")
    earlier = timezone.now() - dt.timedelta(hours=3)
    UserSession.objects.update(last_seen_at=earlier)
    desk.get(INDEX)
    assert UserSession.objects.get().last_seen_at == earlier
    User.objects.update(last_login=earlier)
    desk.get("/")
    assert UserSession.objects.get().last_seen_at == earlier
    desk.get(INDEX, REMOTE_ADDR="192.0.2.4")
    row = UserSession.objects.get()
    assert row.last_seen_at > earlier
    assert row.ip == "192.0.2.4"
    with django_assert_num_queries(5):
        desk.get(OWN)


def test_ended_sessions_are_deleted_daily(amina, capsys):
    """Their rows too."""
    signed_in(FIREFOX, "203.0.113.9")
    signed_in(SAFARI, "198.51.100.7")
    row = UserSession.objects.get(ip="203.0.113.9")
    Session.objects.filter(pk=row.session_key).update(expire_date=timezone.now())
    assert living_sessions(amina).count() == 1
    call_command("clean_accounts")
    assert UserSession.objects.get().ip == "198.51.100.7"
    assert Session.objects.count() == 1


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (FIREFOX, "Firefox on Windows"),
        (SAFARI, "Safari on iPhone"),
        (f"{SAFARI} Chrome/1 Edg/1", "Edge on iPhone"),
        ("curl/8.0\n<b>", "curl/8.0 <b>"),
        ("", "an unknown browser"),
    ],
)
def test_browser_has_a_name(header, name):
    """The usual ones as people call them, others as they call themselves."""
    assert browser_of(header) == name
