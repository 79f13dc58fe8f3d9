"""What each transition of an article refuses."""

import pytest
from django.utils import timezone

from articles.models import Edition
from articles.publishing.checks import (
    EditionContent,
    Transition,
    confirm_failure_reasons,
    failure_reasons,
)
from articles.publishing.links import path_on_this_site
from tests.factories import EngagementFactory, UserFactory, make_draft, make_public


def sentences(transition: Transition, edition: Edition) -> list[str]:
    reasons = failure_reasons(transition, EditionContent.of(edition), by=UserFactory())
    return [reason.text for reason in reasons]


@pytest.mark.django_db
def test_submitting_an_approved_edition_is_refused():
    """What is approved does not go back into review."""
    assert "This edition has been approved already." in sentences(Transition.SUBMIT, make_public())


@pytest.mark.django_db
def test_submitting_twice_is_refused():
    """An edition is in review once."""
    waiting = make_draft()
    waiting.state = Edition.State.IN_REVIEW
    assert "This edition is in review already." in sentences(Transition.SUBMIT, waiting)


@pytest.mark.django_db
def test_publishing_an_edition_older_than_the_public_one_is_refused():
    """An older text does not supersede a newer one."""
    draft = make_draft()
    make_public(article=draft.article)
    refused = sentences(Transition.PUBLISH, draft)
    assert "A newer edition has been approved already." in refused


@pytest.mark.django_db
def test_publishing_draft_visits_needs_the_permission():
    """Who may not make a visit public does not publish it with an article either."""
    visit = EngagementFactory(public_from=None)
    story = EditionContent.of(make_draft(engagement=visit), publishes_visits=True)
    reasons = failure_reasons(Transition.PUBLISH, story, by=UserFactory(), at=timezone.now())
    assert any("You may not make a visit public" in reason.text for reason in reasons)


@pytest.mark.django_db
def test_publishing_a_withdrawn_article_is_refused():
    """A withdrawn article is reinstated before a newer edition is published."""
    article = make_public().article
    article.withdrawn_at = timezone.now()
    refused = sentences(Transition.PUBLISH, make_draft(article))
    assert "The article is withdrawn. Make it public again first." in refused


@pytest.mark.django_db
def test_confirming_what_two_people_published_is_refused():
    """Only an edition that one person published alone is approved afterwards."""
    (reason,) = confirm_failure_reasons(make_public(), by=UserFactory())
    assert reason.text == "This edition was not published without a second person."


def test_path_of_nonsense_is_none():
    """An address that no parser takes leads nowhere on this site."""
    assert path_on_this_site("http://[") is None
