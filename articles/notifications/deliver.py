"""What the worker does with a notice when its moment has come.

Whether it is still true and whether the person still may know is asked here, at the last moment:
an account may have been closed since. A mail names nothing that is not public, since it lies in
other people's mailboxes: it leads to the desk, which asks who one is.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.models import Article, AuditEntry, Edition, Message, Notice, NoticeSettings
from articles.notifications.enqueue import (
    DIGEST,
    MAIL,
    OVERDUE,
    PUBLISHED,
    RETURNED,
    REVIEW,
    morning,
)
from articles.notifications.outbox import handles
from articles.wording import name_of
from engagements.models import Action, Engagement

HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
MOST_NOTICES = 200  # in one daily mail


class Told(NamedTuple):
    """A notice in words: what a mail of its own is called, and what stands in it."""

    subject: str
    lines: list[tuple[str, str]]  # a sentence and where it leads


def _review_requested(person: User, about: dict[str, Any]) -> Told | None:
    article = Article.objects.filter(pk=about["article"], withdrawn_at=None).first()
    waits = article and article.editions.filter(state=Edition.State.IN_REVIEW).exists()
    if not (article and waits and person.has_perm("articles.publish_article")):
        return None
    asked = article.review_requests.values_list("person", flat=True)
    if asked and person.pk not in asked:
        return None  # others were chosen since
    who = name_of(User.objects.filter(pk=about["by"]).first())
    sentence = (
        _("%s asks you to review an article.") if asked else _("%s sent an article for review.")
    )
    return Told(_("An article waits for your review"), [(sentence % who, _form(article.pk))])


def _returned(person: User, about: dict[str, Any]) -> Told | None:
    article = Article.objects.filter(pk=about["article"]).first()
    last = article and article.audit_entries.select_related("by").order_by("-pk").first()
    if not (article and last and last.pk == about["step"]) or last.kind != AuditEntry.Kind.RETURNED:
        return None
    may_change = person.has_perm("articles.change_article") and (
        article.created_by_id == person.pk or person.has_perm("articles.change_others_article")
    )
    if not may_change:
        return None
    sentence = _("%s returned an article of yours; why stands at its head.") % name_of(last.by)
    return Told(_("An article of yours was returned"), [(sentence, _form(article.pk))])


def _published(person: User, about: dict[str, Any]) -> Told | None:
    edition = Edition.objects.public().filter(pk=about["edition"]).select_related("article").first()
    if edition is None or not person.has_perm("articles.view_article"):
        return None
    assert edition.public_from is not None  # noqa: S101 - the database holds public ones to it
    if edition.public_from.isoformat() != about["from"]:
        return None  # of another hour, which has its own notice
    earlier = (
        Edition.objects.once_public().filter(article=edition.article_id).exclude(pk=edition.pk)
    )
    headline = " ".join(edition.headline.split())
    sentence = _("“%s” has changed.") if earlier.exists() else _("“%s” is out.")
    return Told(sentence % headline, [(sentence % headline, edition.get_absolute_url())])


def _overdue(person: User, about: dict[str, Any]) -> Told | None:
    if not person.has_perm("engagements.view_action"):
        return None
    late = Action.objects.overdue(timezone.localdate()).filter(pk__in=about["actions"])
    rows = list(late.select_related("outcome").order_by("due_date", "pk"))
    visits = {row.outcome.engagement_id for row in rows}
    public = set(Engagement.objects.public().filter(pk__in=visits).values_list("pk", flat=True))
    lines = [
        (
            _("“%(title)s” was due %(due)s.") % {"title": row.title, "due": row.due}
            if row.outcome.engagement_id in public
            else _("A commitment of a visit that is not public yet."),
            reverse("admin:engagements_action_change", args=[row.pk]),
        )
        for row in rows
    ]
    count = len(lines)
    subject = ngettext("A commitment is overdue", "%d commitments are overdue", count)
    return Told(subject % count if count > 1 else subject, lines) if lines else None


TELLERS: dict[str, Callable[[User, dict[str, Any]], Told | None]] = {
    REVIEW: _review_requested,
    RETURNED: _returned,
    PUBLISHED: _published,
    OVERDUE: _overdue,
}


def _form(pk: int) -> str:
    return reverse("admin:articles_article_change", args=[pk])


def _recipient(pk: int) -> User | None:
    """Return the person, if there is still an account and an address to write to."""
    people = User.objects.filter(pk=pk, is_active=True, is_staff=True).exclude(email="")
    return people.first() if settings.MAIL_FROM else None


def _settings_of(person: User) -> NoticeSettings:
    return NoticeSettings.objects.filter(pk=person.pk).first() or NoticeSettings(person=person)


@handles(MAIL)
def send_mail(payload: dict[str, Any]) -> None:
    """Send a notice, or keep it for the person's daily mail; raise whatever the server says."""
    person = _recipient(payload["person"])
    if person is None:
        return
    wanted = _settings_of(person)
    told = TELLERS[payload["kind"]](person, payload) if getattr(wanted, payload["kind"]) else None
    if told is None:
        return
    if wanted.digest:
        _keep_for_digest(person, payload)
    else:
        _send(person, told)


@transaction.atomic
def _keep_for_digest(person: User, payload: dict[str, Any]) -> None:
    User.objects.select_for_update().get(pk=person.pk)  # so that two workers do not plan two mails
    Notice.objects.create(person=person, payload=payload)
    waiting = Message.objects.filter(kind=DIGEST, payload__person=person.pk, attempts=0)
    if not waiting.exists():
        due = morning(timezone.now() + dt.timedelta(minutes=1))
        Message.objects.create(kind=DIGEST, payload={"person": person.pk}, due_at=due)


@handles(DIGEST)
def send_digest(payload: dict[str, Any]) -> None:
    """Send what was kept for a person's daily mail and is still true."""
    notices = list(Notice.objects.filter(person=payload["person"])[:MOST_NOTICES])
    person = _recipient(payload["person"])
    lines: list[tuple[str, str]] = []
    if person is not None:
        wanted = _settings_of(person)
        for notice in notices:
            kind = notice.payload["kind"]
            told = TELLERS[kind](person, notice.payload) if getattr(wanted, kind) else None
            lines += [line for line in (told.lines if told else []) if line not in lines]
        if lines:
            count = len(lines)
            subject = ngettext("%d thing from the desk", "%d things from the desk", count) % count
            _send(person, Told(subject, lines))
    Notice.objects.filter(pk__in=[notice.pk for notice in notices]).delete()


def _send(person: User, told: Told) -> None:
    context = {
        "name": name_of(person),
        "lines": [(sentence, _address(path)) for sentence, path in told.lines],
        "settings_url": _address(reverse("desk:mail_settings")),
        "site_name": settings.SITE_NAME,
    }
    EmailMessage(
        f"[{settings.SITE_NAME}] {told.subject}",
        render_to_string("admin/articles/notice.txt", context),
        settings.MAIL_FROM,
        [person.email],
        headers=HEADERS,
    ).send()


def _address(path: str) -> str:
    """Return a whole address; nothing where the operator has not said under which name we run."""
    return f"{settings.SITE_URL}{path}" if settings.SITE_URL else ""
