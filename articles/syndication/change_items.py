"""Feed items of corrections and of updates on commitments."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from articles.followup.corrections import DATE, FACT, NOTE, FollowUp
from articles.followup.corrections import notes as corrected
from articles.models import Edition
from articles.syndication.description import Item, site_language, tag_uri
from engagements.models import ActionUpdate, Correction, DateChange, Engagement


def corrections(changes: Sequence[FollowUp], at: dt.datetime, origin: str) -> list[Item]:
    """Return the items of corrections of articles and engagements, in the order given."""
    notes = corrected(at).filter(pk__in=_pks(changes, NOTE)).defer("body")
    # Titled with the current headline: the earlier one may have been the error.
    current = {
        edition.article_id: edition
        for edition in Edition.objects.public(at)
        .filter(article__in=notes.values("article"))
        .select_related("article")
        .defer("body")
    }
    dates = DateChange.objects.public(at).filter(pk__in=_pks(changes, DATE))
    facts = Correction.objects.public(at).filter(pk__in=_pks(changes, FACT))
    made = {
        **{
            (NOTE, row.pk): _note(row, current[row.article_id], origin)
            for row in notes
            if row.article_id in current
        },
        **{(DATE, row.pk): _date(row, origin) for row in dates.select_related("engagement")},
        **{(FACT, row.pk): _fact(row, origin) for row in facts.select_related("engagement")},
    }
    return [made[key] for change in changes if (key := (change.kind, change.pk)) in made]


def _note(row: Any, current: Edition, origin: str) -> Item:
    return _item(
        tag_uri(f"correction/article/{current.article.uuid}/{row.number}"),
        origin + current.get_absolute_url(),
        _("Corrected: %s") % current.headline,
        row.public_note,
        row.public_from,
        current.headline,
        language=current.article.language,
    )


def _date(row: DateChange, origin: str) -> Item:
    moved = _("Moved from %(old)s to %(new)s: %(reason)s") % {
        "old": row.old, "new": row.new, "reason": row.reason,
    }  # fmt: skip
    return _item(
        tag_uri(f"correction/date/{row.pk}"),
        origin + row.engagement.get_absolute_url(),
        _titled(row.engagement, _("New date: %s") % row.engagement.title),
        moved,
        row.changed_at,
        row.engagement.title,
    )


def _fact(row: Correction, origin: str) -> Item:
    return _item(
        tag_uri(f"correction/engagement/{row.pk}"),
        origin + row.engagement.get_absolute_url(),
        _titled(row.engagement, _("Corrected: %s") % row.engagement.title),
        row.note,
        row.made_at,
        row.engagement.title,
    )


def updates(changes: Sequence[FollowUp], at: dt.datetime, origin: str) -> list[Item]:
    """Return the items of updates on commitments, the latest first."""
    rows = (
        ActionUpdate.objects.public(at)
        .filter(pk__in=_pks(changes, 0))
        .select_related(
            "action__outcome__engagement", "action__owner_country", "action__owner_organisation"
        )
        .prefetch_related("sources")
        .newest_first()
    )
    return [_update(row, origin) for row in rows]


def _update(row, origin: str) -> Item:
    visit = row.action.outcome.engagement
    context = {"update": row, "visit": visit, "origin": origin}
    title = f"{capfirst(row.get_status_display())}: {row.action.title}"
    return Item(
        id=tag_uri(f"action-update/{row.pk}"),
        url=f"{origin}{visit.get_absolute_url()}#outcomes",
        title=_titled(visit, title),
        summary=row.text,
        content=render_to_string("feeds/update.html", context).strip(),
        published_at=row.announced_at.replace(microsecond=0),
        updated_at=row.announced_at.replace(microsecond=0),
        authors=[settings.SITE_NAME],
        categories=list(filter(None, [capfirst(row.get_status_display()), row.action.owner])),
        language=site_language(),
    )


def _item(
    uri: str, url: str, title: str, text: str, at: dt.datetime, about: str, language: str = ""
) -> Item:
    moment = at.replace(microsecond=0)
    return Item(
        id=uri,
        url=url,
        title=title,
        summary=text,
        content=render_to_string(
            "feeds/correction.html", {"text": text, "url": url, "about": about}
        ).strip(),
        published_at=moment,
        updated_at=moment,
        authors=[settings.SITE_NAME],
        categories=[],
        language=language or site_language(),
        is_corrected=True,
    )


def _titled(visit: Engagement, title: str) -> str:
    return f"{_('Fictional:')} {title}" if visit.is_fictional else title


def _pks(changes: Iterable[FollowUp], kind: int) -> list[int]:
    return [change.pk for change in changes if change.kind == kind]
