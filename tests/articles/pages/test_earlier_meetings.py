"""Beside a visit stand the earlier ones of the same two parties."""

import datetime as dt

import pytest

from engagements.dates import PartialDate
from tests.factories import EngagementFactory, make_public

pytestmark = pytest.mark.django_db


def visit(year: int, title: str, **fields):
    return EngagementFactory(title=title, start=PartialDate(dt.date(year, 1, 5)), **fields)


def test_page_lists_earlier_encounters_of_the_same_two(client):
    """Either may have been the guest; later, planned, hidden and other encounters do not count."""
    visit(2021, "In Algiers")
    visit(2022, "In Madrid", parties=[("visitor", "DZ"), ("host", "ES")])
    visit(2023, "In Rome", parties=[("visitor", "DZ"), ("host", "IT")])
    visit(2023, "Never held", status="cancelled")
    visit(2023, "Secret", public_from=None)
    shown = visit(2024, "The visit")
    visit(2025, "Afterwards")
    edition = make_public(engagement=shown)
    for address in (shown.get_absolute_url(), edition.get_absolute_url()):
        page = client.get(address).content.decode()
        section = page.split('id="earlier"')[1].split("</section>")[0]
        assert "Earlier meetings: Spain and Algeria" in section
        assert section.index("In Madrid") < section.index("In Algiers")
        assert section.count("<li>") == 2


def test_encounter_of_many_has_no_pair():
    """Where three meet, no two of them are the two."""
    three = [("other", "DZ"), ("other", "ES"), ("other", "IT")]
    assert EngagementFactory(parties=three).pair is None
    assert EngagementFactory(parties=[("host", "ES")]).pair is None
    first, second = EngagementFactory(parties=three[:2]).pair
    assert (str(first), str(second)) == ("Algeria", "Spain")
