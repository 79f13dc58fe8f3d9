"""Loads the demo newsroom: real visits from a public record, and invented ones.

It is loaded only into an empty newsroom, so that editors' changes are never overwritten.
"""

from django.contrib.auth.models import User
from django.db import transaction

from articles.caching.batch import batched_refresh
from articles.demo.accounts import ACCOUNTS, PASSWORD, load_accounts
from articles.demo.fiction import load_fiction
from articles.demo.record import load_algiers, load_record
from articles.demo.stories import load_stories
from articles.demo.topics import load_topics
from engagements.models import Engagement

__all__ = ["ACCOUNTS", "PASSWORD", "is_loaded", "load"]


def is_loaded() -> bool:
    return Engagement.objects.exists() or User.objects.filter(username__in=ACCOUNTS).exists()


@transaction.atomic
@batched_refresh()
def load() -> None:
    """Fill an empty newsroom. Raises `ValidationError` if the content breaks a rule."""
    users = load_accounts()
    load_topics()
    visits = load_record() | load_algiers() | load_fiction(users)
    load_stories(users, visits)
