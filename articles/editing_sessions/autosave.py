"""What somebody types is kept a second later, apart from the editions; and who else is at it."""

import datetime as dt
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from articles.models import Article, Autosave, Edition, Presence, Submission
from articles.wording import moment, name_of

MAX_BYTES = 1024 * 1024  # of one autosave: twice the longest story, as it is sent
MAX_NEW = 50  # articles that one person has begun and never saved
MOST_OFFERED = 10
# A browser says every 40 s that the form is open; a sleeping tab may miss a turn.
PRESENT = dt.timedelta(minutes=3)
# What was on its way while the form was saved arrives within this time.
LATE = dt.timedelta(seconds=10)
NOT_KEPT = {"picture_upload"}  # a browser cannot take a file up again


def names_of(fields: dict[str, forms.Field]) -> set[str]:
    """Return the names by which a browser sends a form's fields."""
    names = set()
    for name, field in fields.items():
        if name in NOT_KEPT:
            continue
        # A widget of several parts sends each under a name of its own.
        suffixes = getattr(field.widget, "widgets_names", [""])
        names |= {name + suffix for suffix in suffixes}
    return names


def typed(data: QueryDict, fields: dict[str, forms.Field]) -> dict[str, list[str]]:
    """Return what a form's fields hold, as it is kept; PostgreSQL takes no NUL."""
    return {
        name: [value.replace("\0", "") for value in data.getlist(name)]
        for name in sorted(names_of(fields) & set(data))
    }


def read_token(text: str | None) -> UUID | None:
    """Return a form's token; anything but a UUID counts as none."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


@transaction.atomic
def keep(
    person: Any, article: Article | None, form: UUID, fields: dict[str, list[str]]
) -> Autosave | None:
    """Keep what a person has typed, over what was kept before.

    `None`: the form has just been saved, so this was overtaken on its way. Raises
    `ValidationError` for one new article too many, and where another form of the same article
    holds what they typed and never saved: it is theirs to take up or to discard.
    """
    sent = Submission.objects.filter(
        person=person, form=form, kind="article", target__isnull=False
    ).first()
    if sent is not None:
        if abs(timezone.now() - sent.at) < LATE:
            return None
        article = article or Article.objects.filter(pk=sent.target or 0).first()
    now = timezone.now()
    values = {"form": form, "fields": fields, "saved_at": now}
    if article is not None:
        row, is_new = Autosave.objects.select_for_update().get_or_create(
            person=person, article=article, defaults=values
        )
        if is_new:
            return row
        if row.form != form:
            raise ValidationError(
                _(
                    "You have other unsaved changes to this article, from %s. Open its form again "
                    "to restore or discard them. Until then, what you type here is stored only in "
                    "this browser."
                )
                % moment(row.saved_at)
            )
        row.fields, row.saved_at = fields, now
        row.save(update_fields=["fields", "saved_at"])
        return row
    begun = Autosave.objects.filter(person=person, article=None)
    if not begun.filter(form=form).exists() and begun.count() >= MAX_NEW:
        raise ValidationError(
            _("You have begun %d articles and saved none of them. Discard some first.") % MAX_NEW
        )
    row, _created = Autosave.objects.update_or_create(
        person=person, article=None, form=form, defaults=values
    )
    return row


def forget(person: Any, article: Article, form: UUID | None) -> None:
    """Let go of what a person had typed into a form: it has become an edition.

    What another form of theirs holds was not saved by it.
    """
    if form is None:
        return
    rows = Autosave.objects.filter(person=person, form=form)
    rows.filter(Q(article=article) | Q(article=None)).delete()


def unfinished(person: Any, article: Article | None) -> list[Autosave]:
    """Return what a person typed and never saved, the newest first."""
    return list(Autosave.objects.filter(person=person, article=article)[:MOST_OFFERED])


# Presence


@transaction.atomic
def note_presence(person: Any, article: Article) -> None:
    """Note that a person has an article's form open; after a pause it counts as opened anew."""
    now = timezone.now()
    row, created = Presence.objects.get_or_create(
        person=person, article=article, defaults={"opened_at": now, "seen_at": now}
    )
    if not created:
        # Another machine's clock may be ahead, and this one's may have been set back.
        if abs(now - row.seen_at) > PRESENT:
            row.opened_at = now
        row.seen_at = max(now, row.opened_at)
        row.save(update_fields=["opened_at", "seen_at"])


def others_present(person: Any, article: Article) -> list[str]:
    """Return a sentence for each other person who has the article's form open."""
    now = timezone.now()
    rows = (
        Presence.objects.filter(article=article, seen_at__range=(now - PRESENT, now + PRESENT))
        .exclude(person=person)
        .select_related("person")
    )
    return [
        _("%(who)s has had this open since %(time)s.")
        % {"who": name_of(row.person), "time": moment(row.opened_at, now)}
        for row in rows
    ]


def saved_since(person: Any, article: Article, number: int) -> str:
    """Return a sentence if somebody saved a newer edition than `number` (0: none is known).

    "": nobody did.
    """
    newest: Edition | None = article.latest_edition()
    if newest is None or not number or newest.number <= number:
        return ""
    who = _("You") if newest.author == person else name_of(newest.author)
    return _(
        "%(who)s saved edition %(number)d meanwhile, at %(time)s. When you save, you will see "
        "what changed."
    ) % {"who": who, "number": newest.number, "time": moment(newest.created_at)}


def initial_from(kept: dict[str, Any], fields: dict[str, forms.Field]) -> dict[str, Any]:
    """Return a form's initial values from what was kept of it."""
    data: Any = MultiValueDict(kept)
    names = fields.keys() - NOT_KEPT
    return {name: fields[name].widget.value_from_datadict(data, data, name) for name in names}
