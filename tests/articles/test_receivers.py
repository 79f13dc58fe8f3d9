"""Which rows begin a new version of the content: all whose model does not say otherwise."""

import pytest
from django.apps import apps
from django.db.models.signals import post_delete, post_save

from articles.models import ContentVersion, Message
from tests.factories import EngagementFactory

MODELS = [
    model
    for label in ("articles", "engagements")
    for model in apps.get_app_config(label).get_models(include_auto_created=True)
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_model_is_heard_unless_it_says_that_no_page_shows_it(model):
    """A new model is heard without anybody's doing, so that no page goes stale."""
    is_heard = "changes_pages" not in vars(model)
    name = f"articles.receivers.{model._meta.label}"
    for signal in (post_save, post_delete):
        # Besides the audit log's.
        assert any(key[0] == name for key, *_ in signal.receivers) == is_heard
    assert is_heard or model.changes_pages is False


def test_facts_are_always_heard():
    """Each of them stands on some page."""
    facts = apps.get_app_config("engagements").get_models(include_auto_created=True)
    assert not any(hasattr(model, "changes_pages") for model in facts)


@pytest.mark.django_db
def test_row_of_the_desk_leaves_the_pages_as_they_are():
    """A message to another system begins no new version; a public engagement does."""
    versions = ContentVersion.objects.values_list("number", flat=True)
    EngagementFactory()
    before = versions.get()
    Message.objects.create(kind="test", payload={})
    assert versions.get() == before
    EngagementFactory()
    assert versions.get() > before
