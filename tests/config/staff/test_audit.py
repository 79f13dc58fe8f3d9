"""The audit log: what it records, who reads it, and that nobody rewrites it."""

import datetime as dt

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import Group, User
from django.core.cache import caches
from django.core.management import call_command
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from articles.previews import links
from articles.publishing.workflow import publish, withdraw
from articles.roles import ADMINISTRATOR, DESK_HEAD, EDITOR, WRITER
from config.staff.models import AuditEvent
from engagements import publishing
from tests.articles.samples import make_picture
from tests.config.staff.test_sign_in import PASSWORD, SECRET, act, member, sign_in
from tests.engagements.desk import read
from tests.factories import UserFactory, make_draft, make_public

pytestmark = pytest.mark.django_db

LIST = reverse("admin:staff_auditevent_changelist")
Kind = AuditEvent.Kind


@pytest.fixture(autouse=True)
def nobody_tried_before():
    caches["sign_in"].clear()


@pytest.fixture
def administrator(client) -> User:
    person = member(ADMINISTRATOR, username="ada")
    client.force_login(person)
    return person


def events(*kinds: str) -> list[tuple[str, str, str]]:
    """Return who did what about whom, the oldest first."""
    rows = AuditEvent.objects.filter(kind__in=kinds or Kind.values).order_by("pk")
    return [(row.by_name, row.about, row.details) for row in rows]


def test_sign_ins_are_recorded(client):
    """In, out and failed, without a name that nobody has, which may be a password."""
    member(WRITER, username="amina")
    sign_in(client, "wrong", username="Amina")
    sign_in(client, "x", username="hunter2 hunter2")
    sign_in(client)
    client.post(reverse("account_logout"))
    assert events(Kind.SIGN_IN_FAILED) == [("", "amina", ""), ("", "an unknown name", "")]
    assert events(Kind.SIGNED_IN, Kind.SIGNED_OUT) == [("amina", "", "")] * 2
    assert {row.address for row in AuditEvent.objects.exclude(kind__startswith="r")[:4]} == {
        "127.0.0.1"
    }


def test_second_steps_are_recorded(client, administrator):
    """Set up, wrong, required, released and reset, with who did it to whom."""
    amina = member(WRITER, username="amina")
    act(client, "require_second_step", amina)
    TOTP.activate(amina, SECRET)
    act(client, "reset_second_step", amina)
    act(client, "release_second_step", amina)
    assert events(Kind.FACTOR_REQUIRED) == [("ada", "amina", "")]
    assert events(Kind.FACTOR_RELEASED) == [("ada", "amina", "")]
    app = Authenticator(type=Authenticator.Type.TOTP).get_type_display()
    assert events(Kind.FACTOR_ADDED) == [("", "amina", app)]
    assert events(Kind.FACTOR_REMOVED) == [("ada", "amina", app)]
    TOTP.activate(amina, SECRET)
    client.logout()
    sign_in(client)
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert events(Kind.FACTOR_FAILED)[0][1] == "amina"


def test_accounts_and_roles_are_recorded(client, administrator):
    """Who made an account, changed it, its roles and its password, and disabled it."""
    data = {"username": "jonas", "password1": PASSWORD, "password2": PASSWORD}
    client.post(reverse("admin:auth_user_add"), data | {"usable_password": "true"})
    jonas = User.objects.get(username="jonas")
    address = reverse("admin:auth_user_change", args=[jonas.pk])
    writer, editor = (str(Group.objects.get(name=name).pk) for name in (WRITER, EDITOR))
    client.post(address, read(client.get(address)) | {"groups": [writer], "first_name": "Jonas"})
    form = read(client.get(address)) | {"groups": [editor]}
    del form["is_active"]
    client.post(address, form)
    new = {"password1": "otter-velvet-quorum-nine", "password2": "otter-velvet-quorum-nine"}
    change = reverse("admin:auth_user_password_change", args=[jonas.pk])
    client.post(change, new | {"usable_password": "true"})
    assert events(Kind.ACCOUNT_ADDED)[-1] == ("ada", "jonas", "")
    assert events(Kind.ACCOUNT_CHANGED)[-1] == ("ada", "jonas", "is_active: True → False")
    roles = [row for row in events(Kind.ROLES) if row[1] == "jonas"]
    assert roles == [("ada", "jonas", "+Writer"), ("ada", "jonas", "−Writer"),
                     ("ada", "jonas", "+Editor")]  # fmt: skip
    assert events(Kind.PASSWORD)[-2:] == [("ada", "jonas", "")] * 2
    jonas.delete()
    assert events(Kind.ACCOUNT_DELETED)[-1][1] == "jonas"


def test_sign_in_is_no_change_of_the_account(client):
    """Neither its moment nor a hash that Django makes anew is one."""
    amina = member(WRITER, username="amina")
    amina.password = "pbkdf2_sha256$1$salt$" + "x" * 40
    AuditEvent.objects.purge(timezone.now())
    amina.save(update_fields=["password", "last_login"])
    assert not events(Kind.ACCOUNT_CHANGED, Kind.PASSWORD)


def test_publications_are_recorded():
    """Of articles, with every transition; of visits; and links for outsiders."""
    head = member(DESK_HEAD, username="head")
    edition = make_draft(headline="Alpha talks")
    _link, _token = links.make(edition, by=head, lifetime="day")
    publish(edition, by=head)
    withdraw(edition.article, by=head, reason="Mistaken.")
    publishing.withdraw(edition.engagement, by=head, reason="Cancelled.")
    (link,) = events(Kind.LINK)
    assert link[:2] == ("head", "Alpha talks")
    article = f"{edition.article_id}: Alpha talks"
    assert [row[2] for row in events(Kind.ARTICLE)] == ["approved", "withdrawn: Mistaken."]
    assert {row[:2] for row in events(Kind.ARTICLE)} == {("head", article)}
    visit = f"{edition.engagement_id}: {edition.engagement}"
    assert events(Kind.ENGAGEMENT) == [("head", visit, "Withdrawn: Cancelled.")]


def test_visit_that_its_form_makes_public_is_recorded(client):
    """As if a button had done it."""
    editor = member(EDITOR, username="jonas")
    client.force_login(editor)
    visit = make_draft().engagement
    type(visit).objects.update(public_from=None)
    address = reverse("admin:engagements_engagement_change", args=[visit.pk])
    typed = {"public_from_0": "2025-03-01", "public_from_1": "12:00"}
    assert client.post(address, read(client.get(address)) | typed).status_code == 302
    ((name, about, details),) = events(Kind.ENGAGEMENT)
    assert (name, about) == ("jonas", f"{visit.pk}: {visit}")
    assert details.startswith("Public from: ")
    assert "2025" in details


def test_picture_that_one_editor_replaces_is_recorded(client):
    """Readers see it, and nobody else approved it: the editor reads that it is in the log."""
    editor = member(EDITOR, username="jonas")
    client.force_login(editor)
    public, private = make_picture(credit="A. Lens"), make_picture((330, 180))
    make_public(picture=public, picture_alt="A square")
    for picture in (public, private):
        address = reverse("admin:articles_picture_change", args=[picture.pk])
        page = client.post(address, read(client.get(address)) | {"credit": "B"}, follow=True)
        assert ("nobody else approved it" in page.text) == (picture == public)
    assert events(Kind.PICTURE) == [("jonas", f"{public.pk}: {public}", "the credit")]


def test_event_goes_with_its_act(administrator):
    """What was not done was not recorded."""
    amina = member(WRITER)
    before = AuditEvent.objects.count()
    with transaction.atomic():
        amina.is_active = False
        amina.save()
        assert AuditEvent.objects.count() == before + 1
        transaction.set_rollback(True)
    assert AuditEvent.objects.count() == before


def test_log_is_append_only(administrator):
    """Neither a row nor a queryset changes or deletes anything."""
    row = AuditEvent.objects.latest("pk")
    row.by_name = "somebody else"
    for change in (
        row.save,
        row.delete,
        AuditEvent.objects.all().delete,
        AuditEvent._base_manager.all().delete,
        lambda: AuditEvent.objects.update(by_name=""),
        lambda: AuditEvent.objects.bulk_update([row], ["by_name"]),
        lambda: AuditEvent.objects.update_or_create(pk=row.pk, defaults={"by_name": ""}),
    ):
        with pytest.raises(RuntimeError, match="append-only"):
            change()
    row.refresh_from_db()
    assert row.by_name == "ada"


@pytest.mark.parametrize(
    ("role", "status"), [(ADMINISTRATOR, 200), (DESK_HEAD, 403), (EDITOR, 403), (WRITER, 403)]
)
def test_log_is_read_by_administrators(client, role, status):
    """With filters and a search, and with nothing to press."""
    client.force_login(member(role, username="ada"))
    member(WRITER, username="amina")
    page = client.get(LIST, {"kind": Kind.ACCOUNT_ADDED, "q": "amina"})
    assert page.status_code == status
    if status == 200:
        assert len(page.context["cl"].result_list) == 1
        assert 'name="action"' not in page.text
    row = AuditEvent.objects.latest("pk")
    for name in ("change", "delete"):
        address = reverse(f"admin:staff_auditevent_{name}", args=[row.pk])
        assert client.post(address, {"post": "yes"}).status_code == 403
    delete = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    client.post(LIST, delete)
    assert AuditEvent.objects.filter(pk=row.pk).exists()


def test_list_has_a_constant_number_of_queries(client, administrator, django_assert_num_queries):
    """However many events there are."""
    client.get(LIST)
    UserFactory.create_batch(5)
    with django_assert_num_queries(7):
        client.get(LIST)


def test_old_events_are_deleted_daily(settings, capsys):
    """After as many days as the setting says, and never before."""
    UserFactory.create_batch(2)
    settings.AUDIT_LOG_DAYS = 30
    old = AuditEvent(kind=Kind.SIGNED_IN, at=timezone.now() - dt.timedelta(days=31))
    old.save()
    call_command("clean_accounts")
    assert "1 audit events were older than 30 days" in capsys.readouterr().out
    assert not AuditEvent.objects.filter(pk=old.pk).exists()
    assert AuditEvent.objects.count() == 2
