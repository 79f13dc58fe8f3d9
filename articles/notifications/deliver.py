"""Turns notices into mails when they are due.

Each notice is checked again at that moment: it may no longer hold, and an account may have been
closed since. A mail names nothing that is not public, because mailboxes are outside the site's
control; it links to the desk, which asks for a sign-in.
"""

import datetime as dt
from collections.abc import Callable
from email.utils import parseaddr
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

from articles.models import Article, Edition, Message, Notice, NoticeSettings
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
from articles.roles import may_change
from articles.wording import name_of
from engagements.models import Action, Engagement

HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
MOST_NOTICES = 200  # in one daily mail


class Mail(NamedTuple):
    """The wording of one mail; a daily mail takes only the lines."""

    subject: str
    lines: list[tuple[str, str]]  # a sentence and the path it links to


def _review_requested(person: User, payload: dict[str, Any]) -> Mail | None:
    article = Article.objects.filter(pk=payload["article"], withdrawn_at=None).first()
    in_review = article and article.editions.filter(state=Edition.State.IN_REVIEW).exists()
    if not (article and in_review and person.has_perm("articles.publish_article")):
        return None
    asked = article.review_requests.values_list("person", flat=True)
    if asked and person.pk not in asked:
        return None  # other reviewers were chosen since
    who = name_of(User.objects.filter(pk=payload["by"]).first())
    sentence = (
        _("%s asks you to review an article.") if asked else _("%s sent an article for review.")
    )
    return Mail(_("An article waits for your review"), [(sentence % who, _form(article.pk))])


def _returned(person: User, payload: dict[str, Any]) -> Mail | None:
    article = Article.objects.filter(pk=payload["article"]).first()
    last = article and article.audit_entries.select_related("by").order_by("-pk").first()
    if not (article and last and last.pk == payload["step"]):
        return None
    if not may_change(person, article):
        return None
    sentence = _("%s returned an article of yours. The reason is at the top of its page.")
    return Mail(_("Your article was returned"), [(sentence % name_of(last.by), _form(article.pk))])


def _published(person: User, payload: dict[str, Any]) -> Mail | None:
    public = Edition.objects.public().select_related("article")
    edition = public.filter(pk=payload["edition"]).first()
    if edition is None or not person.has_perm("articles.view_article"):
        return None
    assert edition.public_from is not None  # noqa: S101 - a constraint of public editions
    if edition.public_from.isoformat() != payload["from"]:
        return None  # rescheduled, with a notice of its own
    earlier = Edition.objects.released().filter(article=edition.article_id).exclude(pk=edition.pk)
    headline = " ".join(edition.headline.split())
    sentence = _("“%s” has changed.") if earlier.exists() else _("“%s” is out.")
    return Mail(sentence % headline, [(sentence % headline, edition.get_absolute_url())])


def _overdue(person: User, payload: dict[str, Any]) -> Mail | None:
    if not person.has_perm("engagements.view_action"):
        return None
    late = Action.objects.overdue(timezone.localdate()).filter(pk__in=payload["actions"])
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
    return Mail(subject % count if count > 1 else subject, lines) if lines else None


# By kind of notice, what words it: `None` for one that no longer holds.
_WORDINGS: dict[str, Callable[[User, dict[str, Any]], Mail | None]] = {
    REVIEW: _review_requested,
    RETURNED: _returned,
    PUBLISHED: _published,
    OVERDUE: _overdue,
}


def _form(pk: int) -> str:
    return reverse("admin:articles_article_change", args=[pk])


def _recipient(pk: int) -> User | None:
    """Return the person if they still have an active account with an e-mail address."""
    people = User.objects.filter(pk=pk, is_active=True, is_staff=True).exclude(email="")
    return people.first() if settings.MAIL_FROM else None


def _mail_for(person: User, wanted: NoticeSettings, payload: dict[str, Any]) -> Mail | None:
    """Return a notice's mail if its recipient wants that kind and it still holds."""
    kind = payload["kind"]
    return _WORDINGS[kind](person, payload) if getattr(wanted, kind) else None


@handles(MAIL)
def send_mail(message: Message) -> None:
    """Send a notice, or add it to the person's daily mail; raise any error of the mail server."""
    person = _recipient(message.payload["person"])
    if person is None:
        return
    wanted = NoticeSettings.of(person)
    mail = _mail_for(person, wanted, message.payload)
    if mail and wanted.digest:
        _add_to_digest(person, message.payload)
    elif mail:
        _send(person, mail, message)


@transaction.atomic
def _add_to_digest(person: User, payload: dict[str, Any]) -> None:
    User.objects.select_for_update().get(pk=person.pk)  # two workers must not plan two mails
    Notice.objects.create(person=person, payload=payload)
    waiting = Message.objects.filter(kind=DIGEST, payload__person=person.pk, attempts=0)
    if not waiting.exists():
        due = morning(timezone.now() + dt.timedelta(minutes=1))
        Message.objects.create(kind=DIGEST, payload={"person": person.pk}, due_at=due)


@handles(DIGEST)
def send_digest(message: Message) -> None:
    """Send a person's daily mail, with the notices that still hold."""
    notices = list(Notice.objects.filter(person=message.payload["person"])[:MOST_NOTICES])
    person = _recipient(message.payload["person"])
    lines: list[tuple[str, str]] = []
    if person is not None:
        wanted = NoticeSettings.of(person)
        for notice in notices:
            mail = _mail_for(person, wanted, notice.payload)
            lines += [line for line in (mail.lines if mail else []) if line not in lines]
        if lines:
            count = len(lines)
            subject = (
                ngettext("%d notification from the desk", "%d notifications from the desk", count)
                % count
            )
            _send(person, Mail(subject, lines), message)
    Notice.objects.filter(pk__in=[notice.pk for notice in notices]).delete()


def _send(person: User, mail: Mail, message: Message) -> None:
    context = {
        "name": name_of(person),
        "lines": [(sentence, _address(path)) for sentence, path in mail.lines],
        "settings_url": _address(reverse("desk:mail_settings")),
        "site_name": settings.SITE_NAME,
    }
    EmailMessage(
        f"[{settings.SITE_NAME}] {mail.subject}",
        render_to_string("admin/articles/notice.txt", context),
        settings.MAIL_FROM,
        [person.email],
        headers=HEADERS | {"Message-ID": _message_id(message)},
    ).send()


def _message_id(message: Message) -> str:
    """Return the same identifier at each attempt: mail programs then show a doubled mail once."""
    domain = parseaddr(settings.MAIL_FROM)[1].rpartition("@")[2]
    return f"<outbox.{message.pk}.{message.created_at.timestamp():.6f}@{domain}>"


def _address(path: str) -> str:
    """Return an absolute address; an empty one where `SITE_URL` is not set."""
    return f"{settings.SITE_URL}{path}" if settings.SITE_URL else ""
