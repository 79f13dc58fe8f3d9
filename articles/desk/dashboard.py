"""The lists of the dashboard, with one query each."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _

from articles.desk import worklists
from articles.models import AuditEntry, Autosave, Edition, RestoreProof
from articles.operations.proof import last_proven_restore
from articles.wording import moment, name_of
from engagements.admin.pages import change_url
from engagements.dates import spelled_out

SHOWN = 8
MOST = 50  # rows that are counted
LOOKED_AT = 200  # newest rows of the admin's log that are searched for facts


@dataclass
class ListItem:
    """A row of a list, with a line beneath it: when, who, why."""

    title: str
    url: str
    meta: str = ""


@dataclass
class Worklist:
    """A list of the dashboard; `empty` is the sentence for an empty one."""

    name: str
    title: str
    empty: str
    rows: list[ListItem]  # of which the first are shown and `MOST` are counted
    more: str  # the address of the whole list
    button: tuple[str, str] | None = None
    is_urgent: bool = False

    @property
    def items(self) -> list[ListItem]:
        return self.rows[:SHOWN]

    @property
    def count(self) -> str:
        return f"{MOST}+" if len(self.rows) > MOST else str(len(self.rows))


def article_url(pk: int) -> str:
    return reverse("admin:articles_article_change", args=[pk])


def articles_url(query: str) -> str:
    return f"{reverse('admin:articles_article_changelist')}?{query}"


def worklists_for(person: Any, now: dt.datetime) -> list[Worklist]:
    """Return the lists that a person may act on, the most urgent first."""
    today = timezone.localdate(now)
    lists: list[Worklist] = []
    may_write = person.has_perm("articles.change_article")
    if person.has_perm("articles.publish_article"):
        lists.append(_waiting(person, now))
    if may_write:
        lists += [_returned(person), _drafts(person, now)]
    if person.has_perm("articles.view_article"):
        lists.append(_scheduled(now))
    if may_write:
        lists += [_sent(person, now), _unfinished(person, now)]
    if person.has_perm("engagements.view_engagement"):
        lists.append(_uncovered(person, today))
    if person.has_perm("engagements.view_action"):
        lists.append(_overdue(today))
    return lists


def _light(editions: QuerySet[Edition]) -> Any:
    return editions.select_related("author").defer("body", "standfirst")[: MOST + 1]


def _ago(at: dt.datetime, now: dt.datetime) -> str:
    if now - at < dt.timedelta(minutes=1):
        return _("just now")
    return _("%s ago") % timesince(at, now, depth=1)


def _saved(edition: Edition, now: dt.datetime, why: str = "") -> ListItem:
    saved = _("edition %(number)d, saved by %(who)s %(ago)s") % {
        "number": edition.number,
        "who": name_of(edition.author),
        "ago": _ago(edition.created_at, now),
    }
    meta = ", ".join(filter(None, [why, saved]))
    return ListItem(edition.headline, article_url(edition.article_id), meta)


def _waiting(person: Any, now: dt.datetime) -> Worklist:
    return Worklist(
        "waiting",
        _("Waiting for you"),
        _("Nothing waits for your approval. Articles that writers send for review appear here."),
        [
            _saved(edition, now, _("you were asked") if edition.is_asked else "")
            for edition in _light(worklists.waiting_for(person))
        ],
        more=articles_url("status=waiting"),
        is_urgent=True,
    )


def _returned(person: Any) -> Worklist:
    entries = AuditEntry.objects.filter(article=OuterRef("article")).order_by("-pk")
    rows = worklists.returned_to(person).annotate(why=Subquery(entries.values("reason")[:1]))
    return Worklist(
        "returned",
        _("Returned to you"),
        _("Nothing was returned. The reason of the editor who returns an article is shown here."),
        [
            ListItem(edition.headline, article_url(edition.article_id), f"“{edition.why}”")
            for edition in _light(rows)
        ],
        more=articles_url("status=returned"),
        is_urgent=True,
    )


def _drafts(person: Any, now: dt.datetime) -> Worklist:
    may_add = person.has_perm("articles.add_article")
    return Worklist(
        "drafts",
        _("Your drafts"),
        _("You have no draft. Begin with the story; you can create the visit as you write."),
        [_saved(edition, now) for edition in _light(worklists.drafts_of(person))],
        more=articles_url("status=mine"),
        button=(_("New article"), reverse("admin:articles_article_add")) if may_add else None,
    )


def _sent(person: Any, now: dt.datetime) -> Worklist:
    return Worklist(
        "sent",
        _("Your articles in review"),
        _("None of your articles is in review. Ask for one with “Send for review” in its form."),
        [_saved(edition, now) for edition in _light(worklists.sent_by(person))],
        more=articles_url("status=sent"),
    )


def _scheduled(now: dt.datetime) -> Worklist:
    rows = Edition.objects.scheduled(now).order_by("public_from", "pk")
    return Worklist(
        "scheduled",
        _("Scheduled"),
        _("Nothing is scheduled. To schedule an article, enter a time when you approve it."),
        [
            ListItem(
                edition.headline,
                article_url(edition.article_id),
                _("%(at)s, in %(left)s")
                % {
                    "at": spelled_out(edition.public_from),
                    "left": timeuntil(edition.public_from, now, depth=1),
                },
            )
            for edition in _light(rows)
        ],
        more=articles_url("status=scheduled"),
        button=(_("The calendar"), reverse("desk:calendar")),
    )


def _unfinished(person: Any, now: dt.datetime) -> Worklist:
    return Worklist(
        "unfinished",
        _("Unsaved work"),
        _("You have no unsaved work."),
        unfinished_items(person, now)[: MOST + 1],
        more=reverse("desk:unfinished"),
    )


def unfinished_items(person: Any, now: dt.datetime) -> list[ListItem]:
    """Return a person's autosaves, the latest first, with links that reopen their forms."""
    rows = (
        Autosave.objects.filter(person=person.pk)
        .annotate(headline=F("fields__headline__0"))
        .order_by("-saved_at", "-pk")
        .values_list("pk", "article", "headline", "saved_at")
    )
    return [
        ListItem(
            headline or _("Without a headline"),
            f"{article_url(article) if article else reverse('admin:articles_article_add')}"
            f"?take_up={pk}",
            (_("typed at %s") if article else _("a new article, typed at %s")) % moment(at, now),
        )
        for pk, article, headline, at in rows[: MOST * 4]
    ]


def _uncovered(person: Any, today: dt.date) -> Worklist:
    soon = list(worklists.uncovered_soon(today)[: MOST + 1])
    lately = list(worklists.uncovered_lately(today)[: MOST + 1])
    # Show some of each: the next engagements first, then the past ones.
    head = soon[: max(SHOWN // 2, SHOWN - len(lately))]
    rows = [*head, *lately, *soon[len(head) :]]
    may_add = person.has_perm("engagements.add_engagement")
    return Worklist(
        "uncovered",
        _("Visits without coverage"),
        _("Every visit of the last two months and the next month has an article or a draft."),
        [
            ListItem(visit.title, change_url(visit), f"{visit.when}, {visit.status_on(today)}")
            for visit in rows[: MOST + 1]
        ],
        more=f"{reverse('admin:engagements_engagement_changelist')}?coverage=missing",
        button=(_("New visit"), reverse("admin:engagements_engagement_add")) if may_add else None,
    )


def _overdue(today: dt.date) -> Worklist:
    return Worklist(
        "overdue",
        _("Commitments overdue"),
        _("No commitment is overdue."),
        [
            ListItem(
                action.title,
                change_url(action),
                ", ".join(filter(None, [action.owner, _("due %s") % action.due])),
            )
            for action in worklists.overdue(today).for_lists()[: MOST + 1]
        ],
        more=f"{reverse('admin:engagements_action_changelist')}?overdue=yes",
    )


# Backups

BACKUP_IS_LATE = dt.timedelta(days=2)


@dataclass
class BackupState:
    """The last restore that was proven, and why a later one was not ("": none)."""

    proven: RestoreProof | None
    error: str
    is_late: bool


def backup_state(person: Any) -> BackupState | None:
    """Return the state of the backups, for administrators."""
    if not person.has_perm("articles.view_restoreproof"):
        return None
    proven, newest = last_proven_restore(), RestoreProof.objects.first()
    error = f"{newest.backup}: {newest.error}" if newest and newest.error else ""
    is_late = proven is not None and proven.at < timezone.now() - BACKUP_IS_LATE
    return BackupState(proven, error, is_late)


# Recent changes


@dataclass
class RecentChange:
    """A change by anybody, for the list at the end of the dashboard."""

    at: dt.datetime
    who: str
    what: str
    title: str
    url: str


def recent_changes(person: Any) -> list[RecentChange]:
    """Return the latest audit entries, editions and changes of facts that a person may see."""
    changes: list[RecentChange] = []
    if person.has_perm("articles.view_article"):
        newest = Edition.objects.filter(article=OuterRef("article"), is_newest=True)
        entries = AuditEntry.objects.annotate(headline=Subquery(newest.values("headline")[:1]))
        entries = entries.select_related("by").order_by("-pk")[:SHOWN]
        changes += [
            RecentChange(entry.at, name_of(entry.by), str(entry), entry.headline or "",
                   article_url(entry.article_id))
            for entry in entries
        ]  # fmt: skip
        with_entry = {entry.edition_id for entry in entries}
        editions = Edition.objects.select_related("author").defer("body", "standfirst")
        changes += [
            RecentChange(row.created_at, name_of(row.author), _("saved edition %d") % row.number,
                   row.headline, article_url(row.article_id))
            for row in editions.order_by("-pk")[:SHOWN] if row.pk not in with_entry
        ]  # fmt: skip
    if person.has_perm("engagements.view_engagement"):
        newest_lines = LogEntry.objects.order_by("-pk").values("pk")[:LOOKED_AT]
        lines: Any = LogEntry.objects.filter(
            pk__in=newest_lines, content_type__app_label="engagements"
        ).select_related("user", "content_type")
        kinds = {1: _("added"), 2: _("changed"), 3: _("deleted")}
        changes += [
            RecentChange(line.action_time, name_of(line.user),
                   f"{kinds[line.action_flag]}, {line.content_type.name}", line.object_repr,
                   "" if line.is_deletion() else line.get_admin_url() or "")
            for line in lines.order_by("-pk")[:SHOWN]
        ]  # fmt: skip
    return sorted(changes, key=lambda change: change.at, reverse=True)[:SHOWN]
