"""Each database constraint of the coverage, met by a write that passes every form by."""

import datetime as dt
import re
import uuid

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import (
    Article,
    AuditEntry,
    Autosave,
    Comment,
    DistinctPair,
    Edition,
    EditionTopic,
    FeedEntry,
    Finding,
    OverdueNotice,
    Presence,
    PreviewLink,
    ReadMarker,
    ReviewRequest,
    StoryPicture,
    Submission,
    TimelineEntry,
    TimelineTotal,
)
from articles.previews.links import make as make_link
from tests.articles.samples import make_picture
from tests.factories import (
    ActionFactory,
    ArticleFactory,
    EngagementFactory,
    TopicFactory,
    UserFactory,
    make_draft,
    make_public,
)

pytestmark = pytest.mark.django_db


def change(make, /, **columns):
    """Return a write that gives a valid row the columns, past every `save` and `clean`."""

    def write() -> None:
        row = make()
        values = {name: value() if callable(value) else value for name, value in columns.items()}
        type(row)._default_manager.filter(pk=row.pk).update(**values)

    return write


def second_translation() -> None:
    group = uuid.uuid4()
    for slug in ("one", "two"):
        Article.objects.create(slug=slug, translation_group=group, language="fr")


def same_number() -> None:
    edition = make_draft()
    row = Edition(article=edition.article, number=1, headline="Twice", is_newest=False)
    Edition.objects.bulk_create([row])


def two_newest() -> None:
    edition = make_draft()
    Edition.objects.bulk_create([Edition(article=edition.article, number=2, headline="Twice")])


def same_finding_twice() -> None:
    row = {"edition": make_draft(), "kind": "link", "what": "/articles/gone/"}
    Finding.objects.bulk_create([Finding(**row), Finding(**row)])


def some_finding() -> Finding:
    return Finding.objects.create(edition=make_draft(), kind="link", what="/articles/gone/")


def same_distinct_pair_twice() -> None:
    row = {"kind": "person", "first": 1, "second": 2}
    DistinctPair.objects.bulk_create([DistinctPair(**row), DistinctPair(**row)])


def make_distinct_pair() -> DistinctPair:
    return DistinctPair.objects.create(kind="person", first=1, second=2)


def same_story_picture_twice() -> None:
    row = {"edition": make_draft(), "picture": make_picture()}
    StoryPicture.objects.create(**row)
    StoryPicture.objects.create(**row)


def two_without_end() -> None:
    edition = make_public()
    columns = {
        "article": edition.article,
        "number": 2,
        "headline": "Second",
        "standfirst": "A standfirst.",
        "body": "<p>A story.</p>",
        "state": "approved",
        "approved_by": edition.approved_by,
        "engagement": edition.engagement,
        "public_from": timezone.now(),
        "is_newest": False,
    }
    Edition.objects.bulk_create([Edition(**columns)])


def same_topic_twice() -> None:
    edition, topic = make_draft(topics=[]), TopicFactory()
    EditionTopic.objects.bulk_create(
        [EditionTopic(content_object=edition, tag=topic) for _time in range(2)]
    )


def same_rendition_twice() -> None:
    row = make_picture().renditions.first()
    row.pk = None
    type(row).objects.bulk_create([row])


def some_rendition():
    return make_picture().renditions.first()


def with_picture():
    return make_public(picture=make_picture(), picture_alt="A square")


def two_in_review() -> None:
    edition = make_draft()
    make_draft(edition.article, engagement=edition.engagement)
    edition.article.editions.update(state="in_review")


def confirmed_by_its_publisher() -> None:
    edition = make_public()
    Edition.objects.update(forced_reason="Urgent", confirmed_by=edition.approved_by)


def make_step(kind="submitted") -> AuditEntry:
    return AuditEntry.objects.create(article=ArticleFactory(), kind=kind)


def same_entry_twice() -> None:
    EngagementFactory()
    row = TimelineEntry.objects.first()
    row.pk = None
    TimelineEntry.objects.bulk_create([row])


def same_news_twice() -> None:
    make_public()
    row = FeedEntry.objects.first()
    row.pk = None
    FeedEntry.objects.bulk_create([row])


def same_total_twice() -> None:
    EngagementFactory()
    row = TimelineTotal.objects.first()
    row.pk = None
    TimelineTotal.objects.bulk_create([row])


def twice(model: type[models.Model], **columns):
    """Return a write of two rows that are alike."""

    def write() -> None:
        common = {"person": UserFactory(), **{name: make() for name, make in columns.items()}}
        model._default_manager.bulk_create([model(**common), model(**common)])

    return write


def seen_before_opened() -> None:
    now = timezone.now()
    early = now - dt.timedelta(minutes=1)
    Presence.objects.create(
        person=UserFactory(), article=ArticleFactory(), opened_at=now, seen_at=early
    )


def some_link() -> PreviewLink:
    link, _token = make_link(make_draft(), by=UserFactory(), lifetime="day")
    return link


def told_of_twice() -> None:
    row = {"action": ActionFactory(), "due_date": dt.date(2025, 1, 1)}
    OverdueNotice.objects.bulk_create([OverdueNotice(**row), OverdueNotice(**row)])


def some_comment() -> Comment:
    edition = make_draft()
    return Comment.objects.create(article=edition.article, edition=edition, text="Who said so?")


CASES = {
    "autosave_one_an_article": twice(Autosave, article=ArticleFactory, form=uuid.uuid4),
    "autosave_one_a_new_form": twice(Autosave, form=uuid.uuid4),
    "presence_one_a_person": twice(
        Presence, article=ArticleFactory, opened_at=timezone.now, seen_at=timezone.now
    ),
    "presence_seen_after_opened": seen_before_opened,
    "previewlink_expires_after_made": change(
        some_link, expires_at=dt.datetime(2001, 1, 1, tzinfo=dt.UTC)
    ),
    "comment_says_something": change(some_comment, text=""),
    "comment_quotes_the_story": change(some_comment, quote="A story"),
    "comment_reply_stands_with_its_parent": change(
        some_comment, parent=some_comment, field="byline"
    ),
    "reviewrequest_once": twice(ReviewRequest, article=ArticleFactory),
    "overduenotice_once": told_of_twice,
    "readmarker_one_a_person": twice(ReadMarker, article=ArticleFactory, number=lambda: 1),
    "submission_once": twice(Submission, form=uuid.uuid4),
    "article_one_a_language": second_translation,
    "article_has_slug": change(ArticleFactory, slug=""),
    "article_language_known": change(ArticleFactory, language="xx"),
    "edition_number_positive": change(make_draft, number=0),
    "article_withdrawal_has_reason": change(ArticleFactory, withdrawn_at=timezone.now),
    "edition_number_unique": same_number,
    "edition_one_newest": two_newest,
    "edition_one_approved_without_end": two_without_end,
    "edition_state_known": change(make_draft, state="lost"),
    "edition_headline_not_empty": change(make_draft, headline=""),
    "edition_approved_is_complete": change(make_public, engagement=None),
    "edition_unapproved_has_no_time": change(make_draft, public_from=timezone.now),
    "edition_until_not_before_from": change(
        make_public, public_until=dt.datetime(2001, 1, 1, tzinfo=dt.UTC)
    ),
    "edition_picture_described": change(with_picture, picture_alt=""),
    "edition_one_in_review": two_in_review,
    "edition_only_approved_is_forced": change(make_draft, forced_reason="Urgent"),
    "edition_confirmed_by_another": confirmed_by_its_publisher,
    "edition_correction_has_note": change(make_public, is_correction=True),
    "finding_once": same_finding_twice,
    "finding_kind_known": change(some_finding, kind="lost"),
    "distinctpair_once": same_distinct_pair_twice,
    "distinctpair_in_order": change(make_distinct_pair, first=3),
    "distinctpair_kind_known": change(make_distinct_pair, kind="topic"),
    "editiontopic_unique": same_topic_twice,
    "auditentry_kind_known": change(make_step, kind="lost"),
    "auditentry_has_reason": change(make_step, kind="returned"),
    "picture_has_size": change(make_picture, width=0),
    "picture_focal_x_within_picture": change(make_picture, focal_x=1.5),
    "picture_focal_y_within_picture": change(make_picture, focal_y=-0.5),
    "story_picture_unique": same_story_picture_twice,
    "rendition_unique": same_rendition_twice,
    "rendition_has_size": change(some_rendition, bytes=0),
    "feedentry_unique": same_news_twice,
    "timelineentry_unique": same_entry_twice,
    "timelinetotal_unique": same_total_twice,
}


def constraints() -> dict[str, tuple[type[models.Model], models.BaseConstraint]]:
    return {
        constraint.name: (model, constraint)
        for model in apps.get_app_config("articles").get_models()
        for constraint in model._meta.constraints
    }


def test_each_constraint_has_a_case():
    """A constraint without a failing write is not known to hold."""
    assert set(CASES) == set(constraints())


@pytest.mark.parametrize("name", CASES)
def test_constraint_refuses(name):
    """The database refuses the write and names the rule."""
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        CASES[name]()
    model, constraint = constraints()[name]
    if connection.vendor == "sqlite" and getattr(constraint, "fields", None):
        # SQLite names a unique constraint by its columns.
        columns = [model._meta.get_field(field).column for field in constraint.fields]
        said = str(refused.value)
        assert any(re.search(rf"\.{name}\b", said) for name in columns)
    else:
        assert name in str(refused.value)


def test_decorative_picture_needs_no_words():
    """A picture is described or decorative: the second passes too."""
    assert make_draft(picture=make_picture(), picture_is_decorative=True).pk


def test_validation_asks_for_all_checks_at_once():
    """One statement where all of them hold; where some fail, each of those has its sentence."""
    edition = make_draft()
    with CaptureQueriesContext(connection) as asked:
        edition.validate_constraints()
    # Beside it, that of each rule that only some rows have to keep.
    partial = [row for row in Edition._meta.constraints if getattr(row, "fields", ())]
    checks = [query for query in asked if '"_check"' in query["sql"]]
    assert len(checks) == 1 + len([row for row in partial if row.condition])
    edition.headline, edition.number = "", 0
    with pytest.raises(ValidationError) as caught:
        edition.validate_constraints(exclude={"body"})
    assert sorted(re.findall("edition_[a-z_]+", str(caught.value))) == [
        "edition_headline_not_empty",
        "edition_number_positive",
    ]
