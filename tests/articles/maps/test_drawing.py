"""The picture that stands for a photograph: made of the facts, and of public ones only."""

import datetime as dt
import io

import pytest
from django.utils import timezone
from PIL import Image

from articles.maps.drawing import SHARE_SIZE, drawing_of, share_image
from articles.publishing.workflow import withdraw
from engagements.dates import PartialDate
from engagements.models import Engagement
from tests.articles.samples import make_picture
from tests.factories import EngagementFactory, TourFactory, make_public

pytestmark = pytest.mark.django_db


def drawn(engagement):
    return drawing_of(Engagement.objects.for_drawings().get(pk=engagement.pk))


def test_drawing_shows_from_where_and_to_where():
    """The host's outline, and the way from the visitor's country."""
    drawing = drawn(EngagementFactory())
    assert [stop.code for stop in drawing.stops] == ["DZ"]
    assert [origin.code for origin in drawing.origins] == ["ES"]
    assert drawing.description == "Map: from Spain to Algeria."
    assert (drawing.when, drawing.who, drawing.where) == (
        "28 January 2025", "Spain", "Algiers, Algeria",
    )  # fmt: skip


def test_tour_shows_its_public_stops_in_order():
    """A stop that is not public is not drawn; the one that the page is about stands out."""
    tour = TourFactory()
    first = EngagementFactory(tour=tour, start=PartialDate(dt.date(2025, 1, 27)))
    second = EngagementFactory(
        tour=tour, start=PartialDate(dt.date(2025, 1, 29)), location_country=None, city=""
    )
    second.location_country = first.location_country.__class__.objects.get(code="TN")
    second.save()
    hidden = EngagementFactory(tour=tour, public_from=None)
    hidden.location_country = first.location_country.__class__.objects.get(code="MR")
    hidden.save()
    drawing = drawn(second)
    assert [(stop.code, stop.is_here) for stop in drawing.stops] == [("DZ", False), ("TN", True)]
    assert drawing.names == ["Algeria", "Tunisia"]
    assert drawing.stop == "Stop 2 of 2, 27–29 January 2025"


def test_call_shows_both_ends():
    """A call has no place: both parties' countries are drawn, and the line between them."""
    call = EngagementFactory(
        kind="call", location_country=None, city="", parties=[("other", "JP"), ("other", "IT")]
    )
    drawing = drawn(call)
    assert [stop.code for stop in drawing.stops] == ["JP", "IT"]
    assert not drawing.origins


def test_encounter_without_any_country_is_still_drawn(client):
    """Rings stand for the two sides; each engagement has its own."""
    visits = [
        EngagementFactory(kind="call", location_country=None, city="", title=title)
        for title in ("One", "Two")
    ]
    for visit in visits:
        visit.participants.all().delete()
    drawings = [drawn(visit) for visit in visits]
    assert drawings[0].map is None
    assert drawings[0].rings != drawings[1].rings or drawings[0].turn == drawings[1].turn
    page = client.get(visits[0].get_absolute_url()).content.decode()
    assert page.count('class="ring"') == len(drawings[0].rings)
    assert share_image(drawings[0])


def test_drawing_is_the_same_every_time():
    """The same facts give the same picture; another date gives another."""
    visit = EngagementFactory()
    first = share_image(drawn(visit))
    share_image.cache_clear()
    assert share_image(drawn(visit)) == first
    visit.start = PartialDate(dt.date(2025, 1, 29))
    visit.save()
    assert share_image(drawn(visit)) != first


@pytest.mark.parametrize(
    "city",
    ["Łódź", "", "الجزائر", "東京", "🙂", "Ciudad de los Césares y otros nombres muy largos"],
)
def test_words_of_any_kind_do_not_break_the_picture(city):
    """Letters that the fonts lack are left out; long words are broken or cut."""
    image = Image.open(io.BytesIO(share_image(drawn(EngagementFactory(city=city)))))
    assert image.size == SHARE_SIZE


def test_share_image_is_small_and_public_only(client):
    """Other sites get a PNG of a public engagement, and nothing of any other."""
    visit = EngagementFactory()
    response = client.get(visit.share_url)
    assert response.status_code == 200
    assert response["Content-Type"] == "image/png"
    assert len(response.content) < 100_000
    assert client.head(visit.share_url).status_code == 200
    for hidden in (None, timezone.now() + dt.timedelta(hours=1)):
        visit.public_from = hidden
        visit.save()
        assert client.get(visit.share_url).status_code == 404


def test_page_names_its_share_image(client):
    """An article shows the drawing of its visit, or the crop of its own photograph."""
    edition = make_public()
    page = client.get(edition.get_absolute_url()).content.decode()
    address = f"http://testserver{edition.engagement.share_url}"
    assert f'<meta property="og:image" content="{address}">' in page
    assert '<figure class="drawing">' in page
    photograph = make_picture()
    edition = make_public(picture=photograph, picture_alt="Two people at a table.")
    page = client.get(edition.get_absolute_url()).content.decode()
    assert f"http://testserver{photograph.share.get_absolute_url()}" in page
    assert '<figure class="drawing">' not in page


def test_card_is_drawn_from_public_facts_only(client):
    """A card of an article whose visit was withdrawn shows no map of it."""
    edition = make_public()
    assert 'class="map"' in client.get("/articles/").content.decode()
    visit = edition.engagement
    visit.withdrawn_at, visit.withdrawn_reason = timezone.now(), "Never happened."
    visit.save()
    assert 'class="map"' not in client.get("/articles/").content.decode()
    withdraw(edition.article, reason="Mistaken.")
