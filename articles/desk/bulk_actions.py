"""One change to many articles or engagements: a plan for each row, its preview, then the change.

A plan is made for the preview and again for the change; where the two differ, nothing is done.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.caching.batch import batched_refresh
from articles.models import Article, Edition
from articles.publishing.workflow import (
    RESTORED,
    dependent_message,
    dependents_of,
    hiding_failure_reasons,
    save_edition,
    withdraw,
)
from engagements import publishing
from engagements.history import recorded
from engagements.models import Engagement, EngagementRegion, Region, Topic

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


_WITHDRAWN = gettext_lazy("Its address will say that it was withdrawn today, and why.")


@dataclass
class Line:
    """A sentence on what will happen to one row; without `do`, on why nothing will."""

    row: Any
    sentence: str
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
        sentences = "\n".join(f"{line.row.pk} {line.sentence}" for line in self.lines)
        return hashlib.sha256(sentences.encode()).hexdigest()


MayChange = Callable[[Any], bool]


def plan_of(
    kind: str, operation: str, pks: Iterable[int], what: Any, *, by: Any, may_change: MayChange
) -> Plan:
    """Return what `operation` with `what` (a topic, a region, a reason) would do to each row."""
    if kind == "article":
        return Plan(list(_articles(operation, list(pks)[:MOST], what, by, may_change)))
    return Plan(list(_engagements(operation, list(pks)[:MOST], what, by, may_change)))


@transaction.atomic
@batched_refresh()
def apply(plan: Plan) -> list[Any]:
    """Do what a plan says, all of it or nothing, with one refresh of what is derived."""
    for line in plan.changed:
        assert line.do is not None  # noqa: S101 - of the changed ones
        try:
            line.do()
        except ValidationError as error:
            sentence = _("%(what)s: %(why)s") % {"what": line.row, "why": " ".join(error.messages)}
            raise ValidationError(sentence) from None
    return [line.row for line in plan.changed]


# Articles


def _articles(operation: str, pks: list[int], what: Any, by: Any, may_change: MayChange):
    rows = Article.objects.filter(pk__in=pks)
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
    return Line(article, str(_WITHDRAWN), lambda: withdraw(article, reason=reason, by=by))


def _change_of_topic(operation: str, topics: Iterable[Topic], topic: Topic) -> tuple[str, bool]:
    """Return what happens to a row with `topics` in words, and whether anything does."""
    has_it = topic in topics
    if operation == "add_topic":
        if has_it:
            return _("It has the topic already."), False
        return _("Topic added: %s") % topic, True
    if not has_it:
        return _("It has no such topic."), False
    return _("Topic removed: %s") % topic, True


def _topic_of_article(
    operation: str, article: Article, edition: Edition, topic: Topic, by: Any
) -> Line:
    topics = [other for other in edition.topics.all() if other != topic]
    note, is_change = _change_of_topic(operation, edition.topics.all(), topic)
    if not is_change:
        return Line(article, note)
    if operation == "add_topic":
        topics.append(topic)
    sentence = {
        Edition.State.APPROVED: _("A new draft: readers see it once somebody has approved it."),
        Edition.State.IN_REVIEW: _("A new edition, which waits for review in place of this one."),
    }.get(Edition.State(edition.state), _("A new edition of the draft."))
    if not topics:
        sentence += " " + _("It has no other topic, and needs one to be approved.")

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

    return Line(article, sentence, do)


# Engagements


def _engagements(operation: str, pks: list[int], what: Any, by: Any, may_change: MayChange):
    rows = Engagement.objects.filter(pk__in=pks).order_by("pk")
    if operation == "withdraw":
        failures = _withdrawal_failures(pks)
        yield from (_withdrawal_of_engagement(row, what, failures[row.pk], by) for row in rows)
        return
    rows = rows.prefetch_related("topics", "region_rows")  # type: ignore[misc] # taggit has no types
    for engagement in rows:
        if not may_change(engagement):
            yield Line(engagement, _("Readers see it: ask an editor to change it."))
        elif operation in ("add_topic", "remove_topic"):
            yield _topic_of_engagement(operation, engagement, what, by)
        else:
            yield _region_of_engagement(operation, engagement, what, by)


def _withdrawal_failures(pks: list[int]) -> dict[int, list[str]]:
    """Return why each engagement cannot be withdrawn, in as many queries for one as for many."""
    engagements = Engagement.objects.filter(pk__in=pks)
    public = set(engagements.public().values_list("pk", flat=True))
    failures = {pk: [] if pk in public else [str(publishing.NOT_PUBLIC)] for pk in pks}
    for edition in dependents_of(engagements).prefetch_related("also_covers").order_by("pk"):
        covered = {edition.engagement_id, *(row.pk for row in edition.also_covers.all())}
        for pk in covered & failures.keys():
            failures[pk].append(dependent_message(edition))
    return failures


def _withdrawal_of_engagement(
    engagement: Engagement, reason: str, failures: list[str], by: Any
) -> Line:
    if failures:
        return Line(engagement, " ".join(failures))

    def do() -> None:
        since = hiding_failure_reasons(engagement, None)
        publishing.withdraw(engagement, reason=reason, by=by, failures=since)

    return Line(engagement, str(_WITHDRAWN), do)


def _recorded(engagement: Engagement, comment: str, by: Any, do: Callable[[], Any]) -> Line:
    """Return a line that makes a change as a revision; its sentence is the revision's comment."""

    def recorded_do() -> None:
        with recorded(engagement.pk, by=by, comment=comment):
            do()

    return Line(engagement, comment, recorded_do)


def _topic_of_engagement(operation: str, engagement: Engagement, topic: Topic, by: Any) -> Line:
    comment, is_change = _change_of_topic(operation, engagement.topics.all(), topic)
    if not is_change:
        return Line(engagement, comment)
    change = engagement.topics.add if operation == "add_topic" else engagement.topics.remove
    return _recorded(engagement, comment, by, lambda: change(topic))


def _region_of_engagement(operation: str, engagement: Engagement, region: Region, by: Any) -> Line:
    removed = EngagementRegion.Origin.REMOVED
    rows = [row for row in engagement.region_rows.all() if row.origin != removed]
    row = next((row for row in rows if row.region_id == region.pk), None)
    if operation == "add_region":
        if row is not None:
            return Line(engagement, _("It is in the region already."))
        comment = _("Region added: %s") % region
        add = partial(publishing.add_region, engagement, region)
        return _recorded(engagement, comment, by, add)
    if row is None:
        return Line(engagement, _("It is not in the region."))
    comment = _("Region removed: %s") % region
    return _recorded(engagement, comment, by, partial(publishing.remove_region, row))
