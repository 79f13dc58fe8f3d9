"""One change to many articles or visits: first what it will do to each, then the same, done.

A plan is made twice, for the preview and for the change; where the two differ, nothing is done.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.caching.batch import batched_refresh
from articles.models import Article, Edition
from articles.publishing.checks import Reason, check_reason
from articles.publishing.workflow import (
    RESTORED,
    needs_it,
    reasons_not_to_hide,
    refuse,
    save_edition,
    standing_on,
    withdraw,
)
from engagements.history import record, record_first
from engagements.models import Engagement, EngagementRegion, EngagementTopic, Region, Topic

MOST = 200  # rows at once

# What can be done to a kind of row: the words, and the permission that the list's action needs.
OPERATIONS: dict[str, dict[str, tuple[Any, str]]] = {
    "article": {
        "add_topic": (gettext_lazy("Add a topic"), "articles.change_article"),
        "remove_topic": (gettext_lazy("Remove a topic"), "articles.change_article"),
        "withdraw": (gettext_lazy("Withdraw"), "articles.withdraw_article"),
    },
    "engagement": {
        "add_topic": (gettext_lazy("Add a topic"), "engagements.change_engagement"),
        "remove_topic": (gettext_lazy("Remove a topic"), "engagements.change_engagement"),
        "add_region": (gettext_lazy("Add a region"), "engagements.change_engagement"),
        "remove_region": (gettext_lazy("Remove a region"), "engagements.change_engagement"),
        "withdraw": (gettext_lazy("Withdraw"), "engagements.publish_engagement"),
    },
}


@dataclass
class Line:
    """What will happen to one row; without `do`, why nothing will."""

    row: Any
    told: str
    do: Callable[[], Any] | None = None


@dataclass
class Plan:
    lines: list[Line]

    @property
    def changed(self) -> list[Line]:
        return [line for line in self.lines if line.do]

    @property
    def refused(self) -> list[Line]:
        return [line for line in self.lines if not line.do]

    @property
    def fingerprint(self) -> str:
        """Equal as long as the same would be done."""
        told = "\n".join(f"{line.row.pk} {line.told}" for line in self.lines)
        return hashlib.sha256(told.encode()).hexdigest()


MayChange = Callable[[Any], bool]


def plan_of(
    kind: str, operation: str, pks: Iterable[int], what: Any, *, by: Any, may_change: MayChange
) -> Plan:
    """Return what `operation` with `what` (a topic, a region, a reason) would do to each row."""
    if kind == "article":
        return Plan(list(_articles(operation, list(pks)[:MOST], what, by, may_change)))
    return Plan(list(_visits(operation, list(pks)[:MOST], what, by, may_change)))


@transaction.atomic
@batched_refresh()
def apply(plan: Plan) -> list[Any]:
    """Do what a plan says, all of it or nothing, with one refresh of what is derived."""
    for line in plan.changed:
        assert line.do is not None  # noqa: S101 - of the changed ones
        try:
            line.do()
        except ValidationError as error:
            told = _("%(what)s: %(why)s") % {"what": line.row, "why": " ".join(error.messages)}
            raise ValidationError(told) from None
    return [line.row for line in plan.changed]


# Articles


def _articles(operation: str, pks: list[int], what: Any, by: Any, may_change: MayChange):
    rows: Any = Article.objects.filter(pk__in=pks)
    editions: Any = Edition.objects.filter(article__in=pks, is_newest=True)
    newest = {
        edition.article_id: edition
        for edition in editions.prefetch_related("topics", "also_covers")
    }
    public = set(Article.objects.public().filter(pk__in=pks).values_list("pk", flat=True))
    for article in rows.with_headline().order_by("pk"):
        if operation == "withdraw":
            yield _withdrawal(article, what, article.pk in public, by)
        elif not may_change(article):
            yield Line(article, _("You may not change it."))
        elif article.pk not in newest:
            yield Line(article, _("It has no edition."))
        else:
            yield _topic_of_article(operation, article, newest[article.pk], what, by)


def _withdrawal(article: Article, reason: str, is_public: bool, by: Any) -> Line:
    if not is_public:
        return Line(article, _("Only a public article can be withdrawn."))
    told = _("Its address will say that it was withdrawn today, and why.")
    return Line(article, told, lambda: withdraw(article, reason=reason, by=by))


def _topic_of_article(
    operation: str, article: Article, edition: Edition, topic: Topic, by: Any
) -> Line:
    topics = list(edition.topics.all())
    if (topic in topics) == (operation == "add_topic"):
        told = _("It has the topic already.") if topic in topics else _("It has no such topic.")
        return Line(article, told)
    if operation == "add_topic":
        topics, note = [*topics, topic], _("Topic added: %s") % topic
    else:
        topics, note = [t for t in topics if t != topic], _("Topic removed: %s") % topic
    told = {
        Edition.State.APPROVED: _("A new draft: readers see it once somebody has approved it."),
        Edition.State.IN_REVIEW: _("A new edition, which waits for review in place of this one."),
    }.get(Edition.State(edition.state), _("A new edition of the draft."))
    if not topics:
        told += " " + _("It has no other topic, and needs one to be approved.")

    def do() -> None:
        last = article.latest_edition()
        if last is None or last.pk != edition.pk:
            raise ValidationError(_("Somebody saved it meanwhile."))
        # Of a live page this is a slip of the pen, which moves nothing.
        content = {name: getattr(edition, name) for name in RESTORED}
        if edition.state == Edition.State.APPROVED:
            content["is_major"] = False
        else:
            content |= {"is_correction": edition.is_correction, "public_note": edition.public_note}
        save_edition(
            article, author=by, topics=topics, also_covers=edition.also_covers.all(),
            note=note[:300], **content,
        )  # fmt: skip

    return Line(article, told, do)


# Visits


def _visits(operation: str, pks: list[int], what: Any, by: Any, may_change: MayChange):
    rows: Any = Engagement.objects.filter(pk__in=pks)
    needed = _needed(pks) if operation == "withdraw" else {}
    for visit in rows.prefetch_related("topics", "region_rows").order_by("pk"):
        if operation == "withdraw":
            yield _withdrawal_of_visit(visit, what, needed.get(visit.pk, []), by)
        elif not may_change(visit):
            yield Line(visit, _("Readers see it: ask an editor to change it."))
        elif operation in ("add_topic", "remove_topic"):
            yield _topic_of_visit(operation, visit, what, by)
        else:
            yield _region_of_visit(operation, visit, what, by)


def _recorded(visit: Engagement, by: Any, comment: str, do: Callable[[], Any]):
    def recorded() -> None:
        record_first(visit.pk)
        do()
        record(visit.pk, by=by, comment=comment)

    return recorded


def _needed(pks: list[int]) -> dict[int, list[str]]:
    """Return why visits cannot be withdrawn, by pk: `reasons_not_to_hide`, asked of all at once."""
    needed: dict[int, list[str]] = {}
    visits = Engagement.objects.filter(pk__in=pks)
    for edition in standing_on(visits).prefetch_related("also_covers").order_by("pk"):
        for pk in {edition.engagement_id, *(visit.pk for visit in edition.also_covers.all())}:
            needed.setdefault(pk, []).append(needs_it(edition))
    return needed


def _withdrawal_of_visit(visit: Engagement, reason: str, reasons: list[str], by: Any) -> Line:
    now = timezone.now()
    is_public = visit.public_from and visit.public_from <= now and not visit.withdrawn_at
    if not is_public:
        return Line(visit, _("Only a public visit can be withdrawn."))
    if reasons:
        return Line(visit, " ".join(reasons))

    def do() -> None:
        refuse(Reason("", sentence) for sentence in reasons_not_to_hide(visit, None))
        refuse(check_reason(reason, _("Say why it is withdrawn.")))
        visit.withdrawn_at, visit.withdrawn_reason = timezone.now(), reason.strip()
        visit.save(update_fields=["withdrawn_at", "withdrawn_reason"])

    told = _("Its address will say that it was withdrawn today, and why.")
    return Line(visit, told, _recorded(visit, by, _("Withdrawn: %s") % reason, do))


def _topic_of_visit(operation: str, visit: Engagement, topic: Topic, by: Any) -> Line:
    has_it = topic in visit.topics.all()
    if operation == "add_topic":
        if has_it:
            return Line(visit, _("It has the topic already."))
        comment = _("Topic added: %s") % topic

        def do() -> None:
            EngagementTopic.objects.get_or_create(content_object=visit, tag=topic)

    else:
        if not has_it:
            return Line(visit, _("It has no such topic."))
        comment = _("Topic removed: %s") % topic

        def do() -> None:
            for row in EngagementTopic.objects.filter(content_object=visit, tag=topic):
                row.delete()

    return Line(visit, comment, _recorded(visit, by, comment, do))


def _region_of_visit(operation: str, visit: Engagement, region: Region, by: Any) -> Line:
    origins = EngagementRegion.Origin
    row = next((r for r in visit.region_rows.all() if r.region_id == region.pk), None)
    is_in_it = row is not None and row.origin != origins.REMOVED
    if operation == "add_region":
        if is_in_it:
            return Line(visit, _("It is in the region already."))
        comment = _("Region added: %s") % region

        def do() -> None:
            EngagementRegion.objects.update_or_create(
                engagement=visit, region=region, defaults={"origin": origins.ADDED}
            )

    else:
        if row is None or not is_in_it:
            return Line(visit, _("It is not in the region."))
        comment = _("Region removed: %s") % region

        def do() -> None:
            if row.origin == origins.ADDED:
                row.delete()
            else:
                # Deleted, it would be derived again.
                row.origin = origins.REMOVED
                row.save(update_fields=["origin"])

    return Line(visit, comment, _recorded(visit, by, comment, do))
