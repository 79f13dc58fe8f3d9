"""Every address of a picture by who asks for it, before and after readers may see it."""

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from articles.models import Picture
from articles.publishing.workflow import publish
from articles.roles import ROLES
from tests.articles.samples import make_picture
from tests.factories import UserFactory, make_draft

pytestmark = pytest.mark.django_db

ANONYMOUS, READER, STAFF = "anonymous", "account without the desk", "account without a role"


def addresses_of(picture: Picture) -> dict[str, list[str]]:
    """Return those for readers and the desk's own, in every size."""
    names = [*picture.renditions.values_list("name", flat=True), "original.jpg"]
    desk = [reverse("admin:articles_picture_file", args=[picture.uuid, name]) for name in names]
    desk.append(reverse("admin:articles_picture_shown", args=[picture.uuid]))
    return {"readers": [f"/media/{picture.uuid}/{name}" for name in names], "desk": desk}


@pytest.fixture
def sign_in(client):
    def as_who(who: str) -> None:
        client.logout()
        if who == ANONYMOUS:
            return
        person = UserFactory(is_staff=who != READER)
        if who in ROLES:
            person.groups.add(Group.objects.get(name=who))
        client.force_login(User.objects.get(pk=person.pk))

    return as_who


def statuses(client, addresses: list[str]) -> list[int]:
    found = []
    for address in addresses:
        answer = client.get(address)
        b"".join(answer)  # to its end, so that a file is closed
        found.append(answer.status_code)
        if answer.status_code == 200 and address.startswith("/admin/"):
            assert "private, no-store" in answer["Cache-Control"]
    return found


@pytest.mark.parametrize("who", [ANONYMOUS, READER, STAFF, *ROLES])
@pytest.mark.parametrize("place", ["above the story", "in the story"])
def test_picture_of_a_draft_is_for_the_desk_alone(client, sign_in, who, place):
    """At the readers' addresses nobody finds it before its hour; no original is ever given out."""
    picture = make_picture()
    body = f'<p>A story.</p><img data-picture="{picture.uuid}" alt="Two flags">'
    use = {"body": body} if place == "in the story" else {"picture": picture, "picture_alt": "x"}
    edition = make_draft(**use)
    addresses = addresses_of(picture)
    sign_in(who)
    assert statuses(client, addresses["readers"]) == [404] * 4
    outside = [302] * 5 if who in (ANONYMOUS, READER) else [403] * 5
    at_desk = [200, 200, 200, 404, 200] if who in ROLES else outside
    assert statuses(client, addresses["desk"]) == at_desk
    publish(edition, by=UserFactory())
    assert statuses(client, addresses["readers"]) == [200, 200, 200, 404]
    assert statuses(client, addresses["desk"]) == at_desk
