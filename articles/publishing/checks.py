"""The reasons why a transition of an article is refused.

The first half are checks of an edition's content, one function a rule: each takes the content and
the moment from which it is to be public, and yields the reasons why it cannot be. `failure_reasons`
adds the rules of the transition itself. A reason names the form's field that it is about.
"""

import datetime as dt
import html
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import Article, Edition, Picture
from articles.pictures.embedding import pictures_by_key
from articles.pictures.serving import MAX_AGE_SECONDS
from articles.publishing.links import dead_links, path_on_this_site
from articles.richtext import TAG, embedded_images, plain_text
from engagements.dates import spelled_out
from engagements.models import Engagement
from engagements.publishing import reason_failures

# Newsrooms mark text to come with TK or XXX, which occur in no language's words.
PLACEHOLDER = re.compile(r"\b(?:(?:TK)+|XXX+|xxx+)\b|\b[Ll]orem\b|\bLOREM\b")
HEADING = re.compile(r"<h([2-4])>(.*?)</h\1>", re.DOTALL)


class Reason(NamedTuple):
    """A sentence for the person who asked, and the form's field that it is about ("": none)."""

    field: str
    text: str


@dataclass(kw_only=True)
class EditionContent:
    """The content that the checks read, of a stored edition or of a form before it is saved.

    `article` (`None`: never saved), `number` and `state` are the edition's, or those that it would
    have after saving the form.
    """

    article: Article | None = None
    number: int = 0
    state: str = Edition.State.DRAFT
    headline: str = ""
    standfirst: str = ""
    body: str = ""
    byline: str = ""
    picture: Picture | None = None
    picture_alt: str = ""
    picture_is_decorative: bool = False
    picture_caption: str = ""
    public_note: str = ""
    is_correction: bool = False
    topics: Collection = ()
    engagement: Engagement | None = None
    also_covers: Iterable[Engagement] = ()
    # Whether its draft engagements are published with it.
    publishes_visits: bool = False

    @classmethod
    def of(cls, edition: Edition, *, publishes_visits: bool = False) -> "EditionContent":
        names = cls.__dataclass_fields__.keys() - {"publishes_visits"}
        columns = {name: getattr(edition, name) for name in names}
        many = {name: list(columns[name].all()) for name in ("topics", "also_covers")}
        return cls(**columns | many, publishes_visits=publishes_visits)

    @property
    def article_pk(self) -> int | None:
        return self.article.pk if self.article else None

    @property
    def visits(self) -> list[Engagement]:
        return list(dict.fromkeys(filter(None, (self.engagement, *self.also_covers))))

    @property
    def drafted_visits(self) -> list[Engagement]:
        return [visit for visit in self.visits if visit.is_draft]


Check = Callable[[EditionContent, dt.datetime], Iterator[Reason]]


def needs_standfirst(content: EditionContent, at: dt.datetime) -> Iterator[Reason]:
    if not content.standfirst.strip():
        yield Reason("standfirst", _("Write a standfirst."))


def needs_text(content: EditionContent, at: dt.datetime) -> Iterator[Reason]:
    if not plain_text(content.body):
        yield Reason("body", _("The story is empty."))


def no_placeholders(content: EditionContent, at: dt.datetime) -> Iterator[Reason]:
    texts = {
        "headline": (_("the headline"), content.headline),
        "standfirst": (_("the standfirst"), content.standfirst),
        "body": (_("the story"), _words_of(content.body)),
        "byline": (_("the byline"), content.byline),
        "picture_alt": (_("the alternative text"), content.picture_alt),
        "picture_caption": (_("the caption"), content.picture_caption),
        "public_note": (_("the note to readers"), content.public_note),
    }
    for field, (place, text) in texts.items():
        for mark in dict.fromkeys(PLACEHOLDER.findall(text)):
            yield Reason(
                field,
                _("A placeholder is left in %(place)s: “%(mark)s”.")
                % {"place": place, "mark": mark},
            )


def _words_of(body: str) -> str:
    descriptions = [text for image in embedded_images(body) for text in (image.alt, image.caption)]
    return "\n".join([plain_text(body), *filter(None, descriptions)])


def no_empty_heading(content: EditionContent, at: dt.datetime) -> Iterator[Reason]:
    if any(not text for _level, text in _headings(content.body)):
        yield Reason("body", _("A heading in the story is empty."))


def no_skipped_heading(content: EditionContent, at: dt.datetime) -> Iterator[Reason]:
    above = 1  # the page's own headline
    for level, text in _headings(content.body):
        if level > above + 1:
            sentence = (
                _("The heading “%(text)s” is of level %(level)d, the one above it of %(above)d.")
                if above > 1
                else _("The first heading, “%(text)s”, is of level %(level)d: begin with 2.")
            )
            yield Reason("body", sentence % {"text": text, "level": level, "above": above})
        above = level


def _headings(body: str) -> list[tuple[int, str]]:
    """Return level and text of every heading, in order."""
    return [
        (int(level), " ".join(html.unescape(TAG.sub("", text)).split()))
        for level, text in HEADING.findall(body)
    ]


def no_dead_link(content: EditionContent, at: dt.datetime) -> Iterator[Reason]:
    """Readers can open every link within the site when the story comes out."""
    coming = {
        visit.get_absolute_url() for visit in content.drafted_visits if content.publishes_visits
    }
    for address in dead_links(content.body, at):
        if f"{(path_on_this_site(address) or '').rstrip('/')}/" in coming:
            continue
        yield Reason("body", _("A link in the story is broken: %s") % address)


def needs_visit(content: EditionContent, at: dt.datetime) -> Iterator[Reason]:
    if content.engagement is None:
        yield Reason("engagement", _("Choose the visit that the story is about."))


def visits_are_public(content: EditionContent, at: dt.datetime) -> Iterator[Reason]:
    """The article comes out no earlier than the engagements that it covers."""
    for visit in content.visits:
        field = "engagement" if visit == content.engagement else "also_covers"
        if visit.withdrawn_at:
            yield Reason(field, _("The visit “%s” is withdrawn.") % visit)
        elif visit.public_from is None:
            if not content.publishes_visits:
                sentence = _(
                    "The visit “%s” is a draft: an editor publishes it first, or with the story."
                )
                yield Reason(field, sentence % visit)
        elif visit.public_from > at:
            yield Reason(
                field,
                _("The visit “%(visit)s” is under embargo until %(until)s.")
                % {"visit": visit, "until": spelled_out(visit.public_from)},
            )


def needs_topic(content: EditionContent, at: dt.datetime) -> Iterator[Reason]:
    if not content.topics:
        yield Reason("topics", _("Choose at least one topic."))


def picture_is_described(content: EditionContent, at: dt.datetime) -> Iterator[Reason]:
    if not content.picture:
        return
    if not content.picture_alt.strip() and not content.picture_is_decorative:
        yield Reason(
            "picture_alt",
            _("Say what the picture shows for those who cannot see it, or tick “decorative”."),
        )
    if content.picture_alt.strip() and content.picture_is_decorative:
        yield Reason(
            "picture_is_decorative",
            _("A decorative picture has no alternative text: choose one of the two."),
        )


def embedded_images_are_described(content: EditionContent, at: dt.datetime) -> Iterator[Reason]:
    images = embedded_images(content.body)
    names = pictures_by_key(image.picture for image in images)
    for image in images:
        picture = names.get(image.picture)
        if picture is None:
            yield Reason("body", _("A picture in the story is not in the library: remove it."))
        elif image.alt is None:
            sentence = _("Describe the picture “%s” in the story, or mark it as decorative.")
            yield Reason("body", sentence % picture)


def correction_is_explained(content: EditionContent, at: dt.datetime) -> Iterator[Reason]:
    if content.is_correction and not content.public_note.strip():
        yield Reason("public_note", _("Tell readers what was wrong and what is right."))


def time_is_ahead(at: dt.datetime | None) -> Iterator[Reason]:
    """A chosen time of publication lies ahead by more than the time that caches keep a page."""
    now = timezone.now()
    if at is None:
        return
    if at < now:
        yield Reason("publish_at", _("The time of publication is in the past."))
    elif at < now + dt.timedelta(seconds=MAX_AGE_SECONDS):
        yield Reason(
            "publish_at",
            _(
                "That is in less than %(seconds)d seconds, for which copies of the old page may "
                "still be shown. Leave the time empty to publish now, or choose a later one."
            )
            % {"seconds": MAX_AGE_SECONDS},
        )


# The checks that the writer can act on before a review; the others depend on the moment.
OF_THE_TEXT: list[Check] = [
    needs_standfirst,
    needs_text,
    no_placeholders,
    no_empty_heading,
    no_skipped_heading,
    needs_visit,
    needs_topic,
    picture_is_described,
    embedded_images_are_described,
    correction_is_explained,
]
OF_THE_MOMENT: list[Check] = [no_dead_link, visits_are_public]


def check_content(
    content: EditionContent,
    at: dt.datetime,
    checks: Iterable[Check] = (*OF_THE_TEXT, *OF_THE_MOMENT),
) -> list[Reason]:
    """Return the reasons why an edition with this content cannot be public from a moment."""
    return [reason for check in checks for reason in check(content, at)]


def embargo_of(content: EditionContent, at: dt.datetime) -> dt.datetime | None:
    """Return the latest moment at which an embargo of the covered engagements ends.

    `None` if none is under embargo at `at`, or one is withdrawn. Draft engagements do not count:
    they are published with the story.
    """
    if any(visit.withdrawn_at for visit in content.visits):
        return None
    latest = max((visit.public_from for visit in content.visits if visit.public_from), default=at)
    return latest if latest > at else None


class Transition(StrEnum):
    """A transition that an article's form offers."""

    SUBMIT = "submit"
    RECALL = "recall"
    RETURN = "return"
    PUBLISH = "publish"
    FORCE = "force"  # publish without a second person


def failure_reasons(
    transition: Transition,
    content: EditionContent,
    *,
    by: Any,
    at: dt.datetime | None = None,
    reason: str = "",
    backdated: bool = False,
) -> list[Reason]:
    """Return the reasons why `by` cannot make a transition of an edition, stored or not saved yet.

    `at`: when it becomes public (`None`: now). `reason`: why it is returned, or published without
    a second person. `backdated` allows a moment in the past.
    """
    match transition:
        case Transition.SUBMIT:
            return [*_submit_reasons(content), *check_content(content, timezone.now(), OF_THE_TEXT)]
        case Transition.RECALL:
            return _review_reasons(content)
        case Transition.RETURN:
            missing = _("Say why you return it: its writer will see the reason.")
            return [*_review_reasons(content), *check_reason(reason, missing)]
    return [
        *_approval_reasons(content),
        *_second_person_reasons(transition, content, by=by, reason=reason),
        *_visit_reasons(content, by=by),
        *check_content(content, at or timezone.now()),
        *([] if backdated else time_is_ahead(at)),
    ]


def check_reason(reason: str, missing: str) -> list[Reason]:
    """Return why a person's reason is not accepted; `missing` is the sentence for an empty one."""
    return [Reason("reason", sentence) for sentence in reason_failures(reason, missing)]


def _already_approved() -> Reason:
    return Reason("", _("This edition has been approved already."))


def _submit_reasons(content: EditionContent) -> list[Reason]:
    reasons = []
    if content.state == Edition.State.APPROVED:
        reasons.append(_already_approved())
    if content.state == Edition.State.IN_REVIEW:
        reasons.append(Reason("", _("This edition is in review already.")))
    if Edition.objects.filter(article=content.article_pk, number__gt=content.number).exists():
        reasons.append(Reason("", _("There is a newer edition: send that one.")))
    return reasons


def _review_reasons(content: EditionContent) -> list[Reason]:
    if content.state != Edition.State.IN_REVIEW:
        return [Reason("", _("This edition is not in review."))]
    return []


def _approval_reasons(content: EditionContent) -> list[Reason]:
    reasons = []
    approved = Edition.objects.filter(article=content.article_pk, state=Edition.State.APPROVED)
    if approved.filter(number=content.number).exists():
        reasons.append(_already_approved())
    if approved.filter(number__gt=content.number).exists():
        reasons.append(Reason("", _("A newer edition has been approved already.")))
    if content.article and content.article.withdrawn_at:
        reasons.append(Reason("", _("The article is withdrawn. Make it public again first.")))
    return reasons


def _second_person_reasons(
    transition: Transition, content: EditionContent, *, by: Any, reason: str
) -> list[Reason]:
    if not is_sole_author(content.article_pk, content.number, by=by):
        return []
    if transition != Transition.FORCE:
        return [Reason("", _("Nobody but you wrote this: another person has to approve it."))]
    if not by.has_perm("articles.force_article"):
        return [Reason("", _("Only a desk head publishes without a second person."))]
    return check_reason(reason, _("Say why it cannot wait for a second person."))


def _visit_reasons(content: EditionContent, *, by: Any) -> list[Reason]:
    is_asked = content.publishes_visits and content.drafted_visits
    if not is_asked or by.has_perm("engagements.publish_engagement"):
        return []
    return [Reason("engagement", _("You may not make a visit public: ask somebody who may."))]


def is_sole_author(article: int | None, number: int, *, by: Any) -> bool:
    """Return whether `by` is the only author of an article's editions since its last approval.

    Editions up to `number` count, which may be that of one not saved yet. So an editor may correct
    a comma in a writer's story and approve it.
    """
    written = Edition.objects.since_approval(article, number)
    # A deleted account was another person's.
    return not written.filter(~Q(author=by) | Q(author=None)).exists()


def confirm_failure_reasons(edition: Edition, *, by: Any) -> list[Reason]:
    """Return why `by` cannot approve an edition that was published without a second person."""
    if not edition.forced_reason:
        return [Reason("", _("This edition was not published without a second person."))]
    if edition.confirmed_by_id:
        return [Reason("", _("Somebody else has approved it already."))]
    if by.pk in (edition.approved_by_id, edition.author_id):
        return [Reason("", _("You published this yourself: another person has to approve it."))]
    return []
