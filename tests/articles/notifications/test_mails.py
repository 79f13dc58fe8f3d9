"""Mails to colleagues: to whom, when, while it is true, and without a word that is not public."""

import datetime as dt
import smtplib

import pytest
from django.core import mail
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from articles.management.commands.worker import OnceADay
from articles.models import Edition, Message, Notice, NoticeSettings, OverdueNotice
from articles.notifications import enqueue
from articles.notifications.outbox import send_due
from articles.publishing.rescheduling import reschedule
from articles.publishing.workflow import publish, recall, send_back, submit, unschedule, withdraw
from articles.roles import DESK_HEAD, EDITOR, WRITER
from engagements.dates import PartialDate
from tests.articles.authoring.test_review import drafted_by, member
from tests.factories import (
    ActionFactory,
    EngagementFactory,
    OutcomeFactory,
    UserFactory,
    make_public,
)

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)
SECRET = "A secret meeting"


@pytest.fixture(autouse=True)
def sends_mail(settings) -> None:
    settings.MAIL_FROM = "desk@news.example"
    settings.SITE_URL = "https://news.example"


def colleague(role: str, **wanted):
    person = member(role)
    person.email = f"{person.username}@news.example"
    person.save()
    if wanted:
        NoticeSettings.objects.create(person=person, **wanted)
    return person


def draft(writer):
    return drafted_by(writer, headline=SECRET)


def sent(at: dt.datetime | None = None) -> list[tuple[str, str]]:
    """Return to whom the worker writes when it looks at a moment, and each mail's subject."""
    mail.outbox.clear()
    send_due(at)
    for message in mail.outbox:
        assert SECRET not in message.subject + message.body or "is out" in message.subject
        assert message.extra_headers["Auto-Submitted"] == "auto-generated"
    assert not Message.objects.exclude(last_error="").exists()
    return sorted((*m.to, m.subject.removeprefix("[Communiqué] ")) for m in mail.outbox)


def test_review_is_asked_of_whom_was_chosen():
    """Of everybody who may approve where nobody was; never of who sent it."""
    amina, bela, jonas = colleague(WRITER), colleague(EDITOR), colleague(EDITOR)
    edition = draft(amina)
    submit(edition, by=amina, reviewers=[bela])
    assert sent() == [(bela.email, "An article waits for your review")]
    form = f"https://news.example/admin/articles/article/{edition.article_id}/change/"
    assert form in mail.outbox[0].body
    assert "asks you to review" in mail.outbox[0].body
    recall(edition, by=amina)
    submit(edition, by=amina)
    assert [to for to, _subject in sent()] == sorted([bela.email, jonas.email])
    recall(edition, by=amina)
    submit(edition, by=jonas)
    assert [to for to, _subject in sent()] == [bela.email]


def test_return_is_told_to_its_writers_while_it_stands():
    """Whoever had a hand in it hears, but not who returned it; nor once it was sent again."""
    amina, bela = colleague(WRITER), colleague(EDITOR)
    edition = draft(amina)
    submit(edition, by=amina, reviewers=[bela])
    send_back(edition, by=bela, reason="Named in confidence")
    # The request for a review has been answered meanwhile.
    assert sent() == [(amina.email, "Your article was returned")]
    assert "Named in confidence" not in mail.outbox[0].body
    submit(edition, by=amina, reviewers=[bela])
    send_back(edition, by=bela, reason="Which?")
    submit(edition, by=amina, reviewers=[bela])
    assert sent() == [(bela.email, "An article waits for your review")] * 2


def test_publication_is_told_at_its_hour(monkeypatch):
    """Not when it is approved; not at an hour that was called off; once at the one that came."""
    amina, bela = colleague(WRITER), colleague(EDITOR)
    edition = draft(amina)
    now = timezone.now()
    publish(edition, by=bela, at=now + HOUR)
    assert sent() == []
    unschedule(edition)
    publish(edition, by=bela, at=now + 2 * HOUR)
    monkeypatch.setattr(timezone, "now", lambda: now + HOUR)
    assert sent() == []
    monkeypatch.setattr(timezone, "now", lambda: now + 2 * HOUR)
    assert sent() == [(amina.email, f"“{SECRET}” is out.")]
    assert edition.get_absolute_url() in mail.outbox[0].body
    assert not Message.objects.exists()


def test_moved_publication_is_told_at_its_new_hour(monkeypatch):
    """In the calendar, too: not at the old one, once at the new one."""
    amina, bela = colleague(WRITER), colleague(EDITOR)
    edition = draft(amina)
    now = timezone.now()
    publish(edition, by=bela, at=now + HOUR)
    reschedule(edition, at=now + 2 * HOUR, by=bela)
    monkeypatch.setattr(timezone, "now", lambda: now + HOUR)
    assert sent() == []
    monkeypatch.setattr(timezone, "now", lambda: now + 2 * HOUR)
    assert sent() == [(amina.email, f"“{SECRET}” is out.")]


def test_publication_at_once_is_news_to_the_others():
    """Who published it this minute knows; what was withdrawn before the worker came is no news."""
    amina, bela = colleague(WRITER), colleague(EDITOR)
    publish(draft(amina), by=bela)
    assert [to for to, _subject in sent()] == [amina.email]
    edition = draft(amina)
    publish(edition, by=bela)
    withdraw(edition.article, reason="Wrong envoy.")
    assert sent() == []


@pytest.mark.parametrize(
    "lose",
    [
        {"is_active": False},
        {"is_staff": False},
        {"email": ""},
        {"groups": []},
        {"wanted": {"review_requested": False, "returned": False, "published": False}},
    ],
)
def test_who_lost_the_right_or_the_wish_gets_nothing(lose):
    """Asked when the mail is sent, not when it was written down."""
    amina, bela = colleague(WRITER), colleague(EDITOR)
    edition = draft(amina)
    submit(edition, by=amina, reviewers=[bela])
    publish(draft(bela), by=colleague(EDITOR, published=False))
    other = draft(bela)
    submit(other, by=amina)
    send_back(other, by=amina, reason="Which?")
    assert Message.objects.filter(payload__person=bela.pk).count() == 4
    for name, value in lose.items():
        if name == "groups":
            bela.groups.set(value)
        elif name == "wanted":
            NoticeSettings.objects.create(person=bela, **value)
        else:
            setattr(bela, name, value)
    bela.save()
    assert bela.username not in str(sent())


def overdue_action(**fields):
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    return ActionFactory(due=PartialDate(yesterday), **fields)


def test_overdue_promise_is_told_once(monkeypatch):
    """In the morning, in one mail each: to the desk heads and to who wrote of the visit."""
    amina, mireille, _bela = colleague(WRITER), colleague(DESK_HEAD), colleague(EDITOR)
    visit, hidden = EngagementFactory(), EngagementFactory(public_from=None)
    make_public(engagement=visit, author=amina)
    told = overdue_action(outcome=OutcomeFactory(engagement=visit), title="Hold a forum")
    overdue_action(outcome=OutcomeFactory(engagement=hidden), title=SECRET)
    long_ago = PartialDate(dt.date(2020, 1, 1))
    ActionFactory(due=long_ago, outcome=OutcomeFactory(engagement=visit))
    Message.objects.all().delete()
    for _again in range(2):
        call_command("worker", "--once")
    noon = timezone.now() + dt.timedelta(days=1)
    assert sent(noon) == sorted(
        [(amina.email, "A commitment is overdue"), (mireille.email, "2 commitments are overdue")]
    )
    assert "“Hold a forum” was due" in mail.outbox[0].body
    assert OverdueNotice.objects.count() == 2
    # A new due date that passes is told of anew.
    told.due = PartialDate(timezone.localdate() - dt.timedelta(days=2))
    told.save()
    enqueue.overdue(timezone.now())
    assert len(sent(noon)) == 2


def test_overdue_is_looked_for_once_a_day(monkeypatch):
    """However often the worker looks."""
    looked: list[dt.datetime] = []
    tell = OnceADay(looked.append)
    tell()
    tell()
    assert len(looked) == 1
    tomorrow = timezone.now() + dt.timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    tell()
    assert len(looked) == 2


def test_daily_mail_tells_what_is_still_true(monkeypatch):
    """Everything of a day in one mail the next morning, each thing once; then nothing is left."""
    amina, bela = colleague(WRITER), colleague(EDITOR, digest=True)
    one, other, third = draft(amina), draft(amina), draft(amina)
    for edition in (one, other, third):
        submit(edition, by=amina, reviewers=[bela])
    assert sent() == []
    assert Notice.objects.count() == 3
    assert Message.objects.get().due_at == enqueue.morning(timezone.now() + dt.timedelta(minutes=1))
    recall(third, by=amina)
    tomorrow = timezone.now() + dt.timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    assert sent() == [(bela.email, "2 notifications from the desk")]
    assert not Notice.objects.exists()
    assert not Message.objects.exists()


def test_daily_mail_is_not_sent_to_a_closed_account(monkeypatch):
    """And what waited for it goes."""
    amina, bela = colleague(WRITER), colleague(EDITOR, digest=True)
    submit(draft(amina), by=amina, reviewers=[bela])
    send_due()
    bela.is_active = False
    bela.save()
    tomorrow = timezone.now() + dt.timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    assert sent() == []
    assert not Notice.objects.exists()


@pytest.mark.parametrize(("hour", "days"), [(6, 0), (7, 0), (8, 1)])
def test_morning_is_the_sites(settings, hour, days):
    """At seven in its own time zone."""
    settings.TIME_ZONE = "Africa/Algiers"  # UTC+1
    with timezone.override("Africa/Algiers"):
        found = enqueue.morning(dt.datetime(2026, 3, 3, hour - 1, tzinfo=dt.UTC))
    assert found == dt.datetime(2026, 3, 3 + days, 6, tzinfo=dt.UTC)


def test_without_a_mail_server_nothing_is_written_down(settings):
    """Nor sent, if it was written before."""
    amina, bela = colleague(WRITER), colleague(EDITOR)
    edition = draft(amina)
    submit(edition, by=amina, reviewers=[bela])
    settings.MAIL_FROM = ""
    assert sent() == []
    send_back(edition, by=bela, reason="Which?")
    publish(edition, by=bela)
    assert not Message.objects.exists()


def test_headline_of_two_lines_breaks_no_mail():
    """What an import brought in is one line in a subject."""
    amina, bela = colleague(WRITER), colleague(EDITOR)
    edition = drafted_by(amina)
    publish(edition, by=bela)
    Edition.objects.filter(pk=edition.pk).update(headline="An envoy\nin Algiers")
    assert sent() == [(amina.email, "“An envoy in Algiers” is out.")]


def test_each_person_chooses_for_themselves(client, settings):
    """On a page of their own, which says to where mails go."""
    page = reverse("desk:mail_settings")
    assert client.get(page)["Location"].startswith("/admin/login/")
    amina, bela = colleague(WRITER), colleague(EDITOR)
    client.force_login(bela)
    assert bela.email in client.get(page).text
    saved = client.post(page, {"returned": "on", "digest": "True"})
    assert saved.status_code == 302
    row = NoticeSettings.objects.get()
    assert row.person == bela
    assert (row.review_requested, row.returned, row.digest) == (False, True, True)
    assert client.post(page, {"digest": "weekly"}).status_code == 200
    assert NoticeSettings.objects.get().digest
    assert not NoticeSettings.objects.filter(person=amina).exists()
    settings.MAIL_FROM = ""
    assert "sends no e-mail yet" in client.get(page).text


def test_mail_that_is_sent_again_has_the_same_identifier():
    """A worker that ended after the server had taken a mail sends it again, as the same one."""
    bela = colleague(EDITOR)
    for _article in range(2):
        submit(draft(colleague(WRITER)), by=UserFactory(), reviewers=[bela])
    first = Message.objects.values().earliest("pk")
    assert len(sent()) == 2
    one, other = mail.outbox
    assert one.extra_headers["Message-ID"] != other.extra_headers["Message-ID"]
    assert one.extra_headers["Message-ID"].endswith("@news.example>")
    # As if the row had not been deleted.
    Message.objects.create(**first)
    Message.objects.update(created_at=first["created_at"])
    sent()
    (again,) = mail.outbox
    assert again.message()["Message-ID"] == one.message()["Message-ID"]


def test_daily_mail_that_is_sent_again_has_the_same_identifier(monkeypatch):
    """The digest too: its notices go when the server has taken it."""
    bela = colleague(EDITOR, digest=True)
    submit(draft(colleague(WRITER)), by=UserFactory(), reviewers=[bela])
    assert sent() == []
    morning = timezone.now() + 25 * HOUR
    failing = True
    send = mail.EmailMessage.send

    def lose_the_answer(message: mail.EmailMessage) -> int:
        send(message)
        if failing:
            raise smtplib.SMTPServerDisconnected("no answer")
        return 1

    monkeypatch.setattr(mail.EmailMessage, "send", lose_the_answer)
    mail.outbox.clear()
    send_due(morning)
    failing = False
    Message.objects.update(due_at=timezone.now())
    send_due(morning)
    one, again = mail.outbox
    assert one.message()["Message-ID"] == again.message()["Message-ID"]


def test_overdue_notices_are_marked_and_written_together(monkeypatch):
    """A worker that ends between the two loses nothing: the next one notifies."""
    bela = colleague(DESK_HEAD)
    yesterday = PartialDate(timezone.localdate() - dt.timedelta(days=1))
    action = ActionFactory(due=yesterday)
    with monkeypatch.context() as patch:
        patch.setattr(enqueue, "_enqueue", lambda *_a, **_k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            enqueue.overdue(timezone.now())
    assert not OverdueNotice.objects.exists()
    enqueue.overdue(timezone.now())
    assert OverdueNotice.objects.get().action == action
    assert [row.payload["person"] for row in Message.objects.all()] == [bela.pk]
