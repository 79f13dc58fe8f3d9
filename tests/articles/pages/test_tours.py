"""A stop of a tour says which one it is, wherever it is shown."""

import datetime as dt

import pytest

from articles.caching.batch import batched_refresh
from engagements.dates import PartialDate
from tests.factories import EngagementFactory, TourFactory, make_public

pytestmark = pytest.mark.django_db


def stop(tour, day: int, **fields):
    start = PartialDate(dt.date(2025, 1, day))
    return EngagementFactory(tour=tour, start=start, title=f"Stop of day {day}", **fields)


def test_card_and_article_say_which_stop_it_is(client):
    """The second of four says so on its timeline and on its pages; a draft is no stop."""
    tour = TourFactory(title="To the Maghreb")
    with batched_refresh():
        stop(tour, 26, public_from=None)
        _first, second, *_others = [stop(tour, day) for day in (27, 28, 29, 30)]
    edition = make_public(engagement=second)
    timeline = client.get("/countries/dz/").content.decode()
    card = timeline.split(f'<li id="{second.slug}"')[1].split("</li>")[0]
    assert "Stop 2 of 4: To the Maghreb" in card
    assert [timeline.count(f"Stop {number} of 4: ") for number in (1, 2, 3, 4, 5)] == [
        1,
        1,
        1,
        1,
        0,
    ]
    for address in (edition.get_absolute_url(), second.get_absolute_url()):
        page = client.get(address).content.decode()
        assert "Stop 2 of 4, 27–30 January 2025" in page


def test_card_of_a_single_stop_says_nothing(client):
    """A tour of which one stop is public is no tour to a reader."""
    tour = TourFactory()
    stop(tour, 27)
    stop(tour, 28, public_from=None)
    page = client.get("/countries/dz/").content.decode()
    assert "Stop of day 27" in page
    assert tour.title not in page
