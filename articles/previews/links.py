"""Preview links: secret links to an unpublished edition for people without an account."""

import datetime as dt
import hashlib
import secrets
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.models import Article, Edition, PreviewLink
from articles.wording import name_of

TOKEN_BYTES = 32  # 256 bits, which cannot be guessed
LIFETIMES = {
    "day": (gettext_lazy("a day"), dt.timedelta(days=1)),
    "week": (gettext_lazy("a week"), dt.timedelta(days=7)),
    "month": (gettext_lazy("a month (30 days)"), dt.timedelta(days=30)),
}
MOST_WORKING = 50  # of one article
# Another opening within this time is not recorded.
OPENED_AGAIN = dt.timedelta(minutes=1)


def hash_of(token: str) -> str:
    """Return the hash under which a token is stored."""
    # Without salt or a slow hash: 256 random bits cannot be guessed.
    return hashlib.sha256(token.encode()).hexdigest()


def previewable(article: Article, at: dt.datetime | None = None) -> list[Edition]:
    """Return the editions that a link can open: the newest draft, and the scheduled one."""
    at = at or timezone.now()
    if article.withdrawn_at:
        return []
    out = Edition.objects.released(at).filter(article=article).order_by("-number").first()
    rows = article.editions.filter(number__gt=out.number if out else 0).defer("body")
    newest = rows.order_by("-number")[:1]
    scheduled = Edition.objects.scheduled(at).filter(article=article)
    chosen = rows.filter(Q(pk__in=[row.pk for row in newest]) | Q(pk__in=scheduled.values("pk")))
    return list(chosen.order_by("-number"))


def make(edition: Edition, *, by: Any, lifetime: str) -> tuple[PreviewLink, str]:
    """Create a link; return it and its token, which is not stored.

    `lifetime` is a key of `LIFETIMES`. Raise `ValidationError` for one link too many.
    """
    working = PreviewLink.objects.working().filter(edition__article=edition.article_id)
    if working.count() >= MOST_WORKING:
        raise ValidationError(
            _("There are %d links to this article already. Revoke some first.") % MOST_WORKING
        )
    token, now = secrets.token_urlsafe(TOKEN_BYTES), timezone.now()
    _name, length = LIFETIMES[lifetime]
    link = PreviewLink.objects.create(
        edition=edition, token_hash=hash_of(token), made_by=by, made_at=now, expires_at=now + length
    )
    return link, token


def opened(token: str, at: dt.datetime) -> PreviewLink | None:
    """Return the link of a token if it works, else `None`."""
    if len(token) > 100:
        return None
    return PreviewLink.objects.working(at).filter(token_hash=hash_of(token)).first()


def note_opening(link: PreviewLink, at: dt.datetime) -> None:
    """Record when a link was opened last, to the minute."""
    if link.opened_at is None or link.opened_at < at - OPENED_AGAIN:
        PreviewLink.objects.filter(pk=link.pk).update(opened_at=at)


def links_of(article: Article, at: dt.datetime) -> list[tuple[PreviewLink, str, bool]]:
    """Return an article's latest 200 links, each with its state in words and whether it works."""
    links = PreviewLink.objects.filter(edition__article=article).with_end(at)
    rows = links.select_related("edition", "made_by", "revoked_by").defer("edition__body")
    working = set(
        PreviewLink.objects.working(at)
        .filter(edition__article=article)
        .values_list("pk", flat=True)
    )
    return [(row, _state(row, article, at), row.pk in working) for row in rows[:200]]


def _state(link: Any, article: Article, at: dt.datetime) -> str:
    if link.revoked_at:
        return _("revoked by %s") % name_of(link.revoked_by) if link.revoked_by else _("revoked")
    if link.is_out:
        return _("ended by publication")
    if article.withdrawn_at and article.withdrawn_at <= at:
        return _("ended by the withdrawal")
    if link.expires_at <= at:
        return _("expired")
    if link.made_by is None or not link.made_by.is_active:
        return _("ended with the account that made it")
    return _("works")
