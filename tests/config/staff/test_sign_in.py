"""Who comes into the desk, and how."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.contrib.auth.models import Group, User
from django.core.cache import caches
from django.urls import NoReverseMatch, reverse

from articles.roles import ADMINISTRATOR, DESK_HEAD, WRITER
from config.staff.factors import require_factor
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

LOGIN = reverse("account_login")
PASSWORD = "a long enough passphrase"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def nobody_tried_before():
    caches["sign_in"].clear()


@pytest.fixture
def amina():
    return member(WRITER, username="amina")


def member(role: str, **columns) -> User:
    person = UserFactory(**columns)
    person.set_password(PASSWORD)
    person.save()
    person.groups.add(Group.objects.get(name=role))
    return person


def sign_in(client, password=PASSWORD, username="amina", **extra):
    return client.post(LOGIN, {"login": username, "password": password, **extra})


def current_code() -> str:
    return format_hotp_value(hotp_value(SECRET, int(time.time()) // 30))


def test_admins_own_login_leads_to_ours(client):
    """The stock form would know neither throttle nor second step."""
    answer = client.get("/admin/engagements/engagement/", follow=True)
    assert answer.redirect_chain[-1][0].startswith(LOGIN)
    page = client.post("/admin/login/", {"username": "amina", "password": PASSWORD})
    assert page.status_code == 302
    assert page["Location"].startswith(LOGIN)


def test_sign_in_leads_on_to_where_one_wanted_to_go(client, amina):
    """The address asked for comes back; another site's does not."""
    wanted = reverse("admin:articles_article_changelist")
    assert sign_in(client, next=wanted)["Location"] == wanted
    client.logout()
    assert sign_in(client, next="https://evil.example/")["Location"] == reverse("admin:index")


def test_wrong_password_gets_a_sentence_and_keeps_the_name(client, amina):
    """The sentence does not tell whether the account exists."""
    for name in ("amina", "nobody"):
        page = sign_in(client, "wrong", name)
        assert page.status_code == 200
        assert "username and/or password you specified are not correct" in page.text
        assert f'value="{name}"' in page.text


def test_attempts_are_throttled_for_all_processes_together(client, amina):
    """After five the right password does not help either, and the count is in the database."""
    for _attempt in range(5):
        sign_in(client, "wrong")
    assert "Wait five minutes, then try again" in sign_in(client).text
    caches["sign_in"].clear()
    assert sign_in(client).status_code == 302


def test_wrong_attempts_lock_nobody_else_out(client, amina):
    """Five tries of a known name from one address leave it open from any other."""
    for _attempt in range(6):
        client.post(LOGIN, {"login": "amina", "password": "x"}, REMOTE_ADDR="198.51.100.7")
    assert sign_in(client).status_code == 302
    client.logout()
    page = client.post(LOGIN, {"login": "AMINA", "password": PASSWORD}, REMOTE_ADDR="198.51.100.7")
    assert "Wait five minutes" in page.text


def test_many_attempts_from_one_place_are_refused(client, amina):
    """Whatever the name, with a page of our own."""
    answers = [sign_in(client, "wrong", f"user{n}") for n in range(31)]
    assert answers[-1].status_code == 429
    assert "Too many attempts" in answers[-1].text


@pytest.mark.parametrize("name", ["account_signup", "account_reset_password", "account_email"])
def test_nobody_signs_up(name):
    """There is no address for it, nor for what else would need e-mail."""
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_account_that_is_switched_off_does_not_come_in(client, amina):
    """Nor does it learn more than that."""
    User.objects.update(is_active=False)
    wrong, right = sign_in(client, "wrong"), sign_in(client)
    assert right.status_code == wrong.status_code == 200
    assert right.context["form"].errors == wrong.context["form"].errors
    for _attempt in range(3):
        sign_in(client)
    assert "Wait five minutes" in sign_in(client).text
    assert client.get(reverse("admin:index")).status_code == 302


@pytest.mark.parametrize(
    "weak",
    [
        "aaaaaaaaaaaa",
        "passwordpassword",
        "qwertyuiop12",
        "amina12345678",
        "28012025amina",
        "😀" * 12,
    ],
)
def test_guessable_passwords_are_refused(client, amina, weak):
    """With a sentence at the field; a passphrase, however long, is taken."""
    client.force_login(member(ADMINISTRATOR))
    address = reverse("admin:auth_user_password_change", args=[amina.pk])
    data = {"password1": weak, "password2": weak, "usable_password": "true"}
    assert "easily guessed. Take four or more words" in client.post(address, data).text
    for strong in ("otter-velvet-quorum-nine", "otter velvet quorum nine " * 100):
        data |= {"password1": strong, "password2": strong}
        assert client.post(address, data).status_code == 302


@pytest.mark.parametrize("text", ["", "\x00", "😀" * 300, "زيارة", "a" * 5000])
def test_any_text_in_the_sign_in_is_no_error_of_ours(client, text):
    """The form comes back with a sentence."""
    assert sign_in(client, text, text).status_code == 200


def test_public_pages_ask_for_no_session(client):
    """So every one of them can be cached."""
    answer = client.get("/")
    assert "Cookie" not in answer.get("Vary", "")
    assert not answer.cookies


# The second step


def test_authenticator_app_is_set_up_and_then_asked_for(client, amina):
    """Its page shows the code to scan; from then on the password alone does not do."""
    sign_in(client)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"))
    assert "data:image/svg+xml" in page.text
    assert "Incorrect code" in client.post(reverse("mfa_activate_totp"), {"code": "1"}).text
    TOTP.activate(amina, SECRET)
    client.logout()
    assert sign_in(client)["Location"] == reverse("mfa_authenticate")
    assert client.get(reverse("admin:index")).status_code == 302
    client.post(reverse("mfa_authenticate"), {"code": current_code()})
    assert client.get(reverse("admin:index")).status_code == 200


def test_second_step_is_changed_only_with_the_password(client, amina):
    """A desk left open in a café does not lose its second step."""
    sign_in(client)
    TOTP.activate(amina, SECRET)
    answer = client.post(reverse("mfa_deactivate_totp"))
    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"]
    assert Authenticator.objects.exists()


def test_required_second_step_comes_before_the_desk(client, amina):
    """At once, also for who is signed in already; whoever has one goes on."""
    sign_in(client)
    require_factor(amina, by=None)
    answer = client.get(reverse("admin:articles_article_changelist"), follow=True)
    assert answer.redirect_chain == [(reverse("mfa_index"), 302)]
    assert "An administrator requires a second step" in answer.text
    assert client.get("/").status_code == 200
    TOTP.activate(amina, SECRET)
    assert client.get(reverse("admin:articles_article_changelist")).status_code == 200


def test_passkeys_are_listed(client, amina):
    """Each with its name, and the way to remove it."""
    sign_in(client)
    key = Authenticator.objects.create(
        user=amina, type=Authenticator.Type.WEBAUTHN, data={"name": "Blue key", "credential": {}}
    )
    page = client.get(reverse("mfa_list_webauthn")).text
    assert "Blue key" in page
    assert reverse("mfa_remove_webauthn", args=[key.pk]) in page


def act(client, action: str, *people: User):
    data = {"action": action, "_selected_action": [person.pk for person in people]}
    return client.post(reverse("admin:auth_user_changelist"), data, follow=True)


def test_administrator_requires_and_resets(client, amina):
    """A lost telephone: everything is forgotten, and the password alone does until the next."""
    client.force_login(member(ADMINISTRATOR))
    assert "1 person needs a second step" in act(client, "require_second_step", amina).text
    TOTP.activate(amina, SECRET)
    RecoveryCodes.activate(amina)
    listed = client.get(reverse("admin:auth_user_changelist")).text
    assert "authenticator app, required" in listed
    assert "password alone" in act(client, "reset_second_step", amina).text
    assert not Authenticator.objects.exists()
    assert "required, not set up yet" in client.get(reverse("admin:auth_user_changelist")).text
    act(client, "release_second_step", amina)
    assert not amina.__class__.objects.filter(required_factor__isnull=False).exists()


def test_superuser_is_out_of_an_administrators_reach(client):
    """Who is none makes none, and sees to none."""
    client.force_login(member(ADMINISTRATOR))
    above, colleague = UserFactory(is_superuser=True), member(WRITER)
    TOTP.activate(above, SECRET)
    assert "Only a superuser" in act(client, "reset_second_step", above).text
    assert Authenticator.objects.exists()
    for name in ("auth_user_change", "auth_user_password_change"):
        address = reverse(f"admin:{name}", args=[above.pk])
        assert client.post(address, {"password1": "x"}).status_code == 403
    page = client.get(reverse("admin:auth_user_change", args=[colleague.pk])).text
    assert 'name="is_superuser"' not in page
    assert 'name="user_permissions"' not in page


def test_new_account_is_staff(client):
    """An administrator makes it, and it may come in at once."""
    client.force_login(member(ADMINISTRATOR))
    data = {
        "username": "jonas", "password1": PASSWORD, "password2": PASSWORD,
        "usable_password": "true",
    }  # fmt: skip
    assert client.post(reverse("admin:auth_user_add"), data).status_code == 302
    assert User.objects.get(username="jonas").is_staff


@pytest.mark.parametrize("role", [WRITER, DESK_HEAD])
def test_accounts_are_an_administrators(client, role):
    """Nobody else sees the list."""
    client.force_login(member(role))
    assert client.get(reverse("admin:auth_user_changelist")).status_code == 403
