"""Links to an unpublished edition for people without an account: made, opened, revoked."""

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

TOKEN_BYTES = 32  # 256 bits: nobody finds one by trying
LIFETIMES = {
    "day": (gettext_lazy("a day"), dt.timedelta(days=1)),
    "week": (gettext_lazy("a week"), dt.timedelta(days=7)),
    "month": (gettext_lazy("a month (30 days)"), dt.timedelta(days=30)),
}
MOST_WORKING = 50  # of one article
# The list of an article's links says no more than this of the last opening.
OPENED_AGAIN = dt.timedelta(minutes=1)


def hash_of(token: str) -> str:
    # No salt and no slow hash: there is nothing to guess in 256 random bits.
    return hashlib.sha256(token.encode()).hexdigest()


def previewable(article: Article, at: dt.datetime | None = None) -> list[Edition]:
    """Return the editions to which a link can be made: the newest, and one that is scheduled."""
    at = at or timezone.now()
    if article.withdrawn_at:
        return []
    out = Edition.objects.once_public(at).filter(article=article).order_by("-number").first()
    rows = article.editions.filter(number__gt=out.number if out else 0).defer("body")
    newest = rows.order_by("-number")[:1]
    scheduled = Edition.objects.scheduled(at).filter(article=article)
    chosen = rows.filter(Q(pk__in=[row.pk for row in newest]) | Q(pk__in=scheduled.values("pk")))
    return list(chosen.order_by("-number"))


def make(edition: Edition, *, by: Any, lifetime: str) -> tuple[PreviewLink, str]:
    """Return a new link and its token, which is nowhere afterwards."""
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
    """Return the link that a token opens, if it works; nothing tells why one does not."""
    if len(token) > 100:
        return None
    return PreviewLink.objects.working(at).filter(token_hash=hash_of(token)).first()


def note_opening(link: PreviewLink, at: dt.datetime) -> None:
    if link.opened_at is None or link.opened_at < at - OPENED_AGAIN:
        PreviewLink.objects.filter(pk=link.pk).update(opened_at=at)


def links_of(article: Article, at: dt.datetime) -> list[tuple[PreviewLink, str, bool]]:
    """Return an article's links, the newest first, each with how it stands and whether it works."""
    links = PreviewLink.objects.filter(edition__article=article).with_end(at)
    rows = links.select_related("edition", "made_by", "revoked_by").defer("edition__body")
    working = set(
        PreviewLink.objects.working(at)
        .filter(edition__article=article)
        .values_list("pk", flat=True)
    )
    return [(row, _standing(row, article, at), row.pk in working) for row in rows[:200]]


def _standing(link: Any, article: Article, at: dt.datetime) -> str:
    if link.revoked_at:
        return _("revoked by %s") % name_of(link.revoked_by) if link.revoked_by else _("revoked")
    if link.is_out:
        return _("ended by publication")
    if article.withdrawn_at and article.withdrawn_at <= at:
        return _("ended by the withdrawal")
    if link.expires_at <= at:
        return _("expired")
    if link.made_by is None or not link.made_by.is_active:
        return _("ended with its maker’s account")
    return _("works")
