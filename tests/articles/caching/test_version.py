"""The basis of what is made from the content."""

import datetime as dt

import pytest
from django.utils import timezone

from articles.caching.version import basis_at, midnight_before
from tests.factories import EngagementFactory, make_public

pytestmark = pytest.mark.django_db

MINUTE = dt.timedelta(minutes=1)


def test_boundary_is_read_after_a_change_or_when_it_has_passed(django_assert_num_queries):
    """While nothing changes, a basis costs one query; it ends at the next boundary."""
    at = dt.datetime(2025, 3, 1, 12, tzinfo=timezone.get_current_timezone())
    midnight = (midnight_before(at) + dt.timedelta(days=1)).timestamp()
    assert basis_at(at).until == midnight
    visit = EngagementFactory(public_from=at - MINUTE)
    make_public(at + 3 * MINUTE, engagement=visit)
    first = basis_at(at)
    assert first.until == (at + 3 * MINUTE).timestamp()
    with django_assert_num_queries(1):
        assert basis_at(at + MINUTE) == first._replace(at=(at + MINUTE).timestamp())
    assert basis_at(at + 3 * MINUTE).until == midnight
    # The clock was set back.
    assert basis_at(at).until == (at + 3 * MINUTE).timestamp()
