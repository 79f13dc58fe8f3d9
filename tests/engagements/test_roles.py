"""Who may do what with the facts in the admin."""

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils import timezone

from engagements.models import Action, ActionUpdate, Country, Engagement
from tests.engagements.desk import CHANGE, blank, fill, opened, read, save, saved
from tests.factories import (
    ActionFactory,
    EngagementFactory,
    OutcomeFactory,
    RegionFactory,
    SourceFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

ROLES = ["Writer", "Editor", "Desk head", "superuser"]
ALL = "Writer, Editor, Desk head, superuser"
EDITORS = "Editor, Desk head, superuser"
HEADS = "Desk head, superuser"


def member(role: str) -> User:
    user = UserFactory(is_superuser=role == "superuser")
    if role != "superuser":
        user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def sign_in(client):
    """Return a function that signs somebody of a role in and returns the client."""

    def sign_in(role: str):
        user = member(role)
        client.force_login(user)
        client.user = user
        return client

    return sign_in


# Page of the admin, and who may open it.
PAGES = [
    ("engagement_changelist", ALL),
    ("engagement_add", ALL),
    ("action_changelist", ALL),
    ("country_changelist", ALL),
    ("country_add", HEADS),
    ("region_changelist", ALL),
    ("region_add", HEADS),
    ("topic_changelist", ALL),
    ("topic_add", HEADS),
    ("person_changelist", ALL),
    ("person_add", EDITORS),
    ("organisation_changelist", ALL),
    ("organisation_add", EDITORS),
    ("appointment_changelist", ALL),
    ("appointment_add", EDITORS),
    ("tour_changelist", ALL),
    ("tour_add", EDITORS),
    ("action_add", ""),
]


@pytest.mark.parametrize("role", ROLES)
def test_pages_of_a_role(sign_in, role):
    """Each role opens the pages that are its own and no other."""
    client = sign_in(role)
    opens = {
        page: client.get(reverse(f"admin:engagements_{page}")).status_code for page, _who in PAGES
    }
    assert opens == {page: 200 if role in who.split(", ") else 403 for page, who in PAGES}


@pytest.mark.parametrize("page", [page for page, _who in PAGES])
def test_pages_lead_a_stranger_to_the_sign_in(client, page):
    """Nothing of the desk is public."""
    url = reverse(f"admin:engagements_{page}")
    answer = client.get(url)
    assert (answer.status_code, answer.url) == (302, f"{reverse('admin:login')}?next={url}")


def objects() -> dict[str, tuple[str, str]]:
    """Return the pages about one object each, with who may send their forms."""
    public, draft = EngagementFactory(), EngagementFactory(public_from=None)
    region = RegionFactory()

    def at(name: str, pk: int) -> str:
        return reverse(f"admin:engagements_{name}", args=[pk])

    return {
        "change what is public": (at("engagement_change", public.pk), EDITORS),
        "change a draft": (at("engagement_change", draft.pk), ALL),
        "withdraw": (at("engagement_withdraw", public.pk), EDITORS),
        "delete": (at("engagement_delete", draft.pk), HEADS),
        "review a region": (at("region_review", region.pk), HEADS),
        "change a region": (at("region_change", region.pk), HEADS),
    }


@pytest.mark.parametrize("role", ROLES)
def test_changes_of_a_role(sign_in, role):
    """What readers have seen, and what orders the whole, belongs to fewer people."""
    client = sign_in(role)
    for deed, (url, who) in objects().items():
        refused = client.post(url, {}).status_code == 403
        assert refused == (role not in who.split(", ")), deed


def test_a_writer_reads_what_is_public_but_finds_nothing_to_fill_in(sign_in):
    """The page of a public engagement offers a writer no field at all."""
    client, engagement = sign_in("Writer"), EngagementFactory()
    ActionFactory(outcome=OutcomeFactory(engagement=engagement), title="Hold a forum")
    page = client.get(reverse(CHANGE, args=[engagement.pk]))
    assert "Hold a forum" in page.text
    assert 'name="_save"' not in page.text
    assert "nested-actions-add" not in page.text
    assert page.text.count('<fieldset class="nested-action" disabled>') == 1
    assert not [name for name in read(page) if name in ("title", "public_from_0", "start")]


@pytest.mark.parametrize(("role", "may"), [("Writer", False), ("Editor", True)])
def test_who_sets_public_from(sign_in, role, may):
    """A writer's engagement stays a draft, whatever is sent."""
    client = sign_in(role)
    data = blank(client) | {"title": "Talks", "start": "2025"}
    fill(data, "participants-0", country=str(Country.objects.get(code="ES").pk))
    assert ("public_from_0" in data) is may
    data |= {"public_from_0": "2025-01-01", "public_from_1": "12:00"}
    saved(save(client, data))
    engagement = Engagement.objects.get()
    assert (engagement.public_from is not None) is may
    assert engagement.created_by == client.user
    if may:
        assert engagement.public_from < timezone.now()


def test_a_writer_changes_a_draft(sign_in):
    """Facts are the writers' until readers have seen them; the embargo is not theirs to lift."""
    client = sign_in("Writer")
    draft = EngagementFactory(public_from=None)
    saved(save(client, opened(client, draft) | {"title": "Renamed"}, draft))
    assert Engagement.objects.get().title == "Renamed"


@pytest.fixture
def action() -> Action:
    """Return an action of a public engagement with a source."""
    action = ActionFactory(title="Hold a forum")
    SourceFactory(engagement=action.outcome.engagement)
    return action


def report(client, action: Action, **values) -> int:
    url = reverse("admin:engagements_action_change", args=[action.pk])
    data = read(client.get(url))
    fill(data, "updates-0", date="2025-03-01", text="It was held. 🎉 خطأ", status="done")
    fill(data, "updates-0", **values)
    return client.post(url, data).status_code


@pytest.mark.parametrize("role", ROLES)
def test_every_role_reports_what_happened(sign_in, action, role):
    """The update bears the name of who wrote it, and is never changed."""
    # A writer's word on a public one waits for a second person, so this one is a draft.
    Engagement.objects.update(public_from=None)
    client = sign_in(role)
    assert report(client, action, status="under_way") == 302
    update = ActionUpdate.objects.get()
    assert (update.reported_by, update.status) == (client.user, "under_way")
    action.refresh_from_db()
    assert action.status == "under_way"
    page = client.get(reverse("admin:engagements_action_change", args=[action.pk]))
    assert "It was held." in page.text
    assert "updates-0-text" not in read(page)


@pytest.mark.parametrize(("role", "may"), [("Writer", False), ("Editor", True)])
def test_who_changes_an_action_of_a_public_engagement(sign_in, action, role, may):
    """A writer adds updates to it, but does not rename it nor delete it."""
    client = sign_in(role)
    url = reverse("admin:engagements_action_change", args=[action.pk])
    client.post(url, read(client.get(url)) | {"title": "Renamed", "owner_text": "All"})
    action.refresh_from_db()
    assert action.title == ("Renamed" if may else "Hold a forum")
    delete = reverse("admin:engagements_action_delete", args=[action.pk])
    assert client.get(delete).status_code == (200 if may else 403)


def confirm(client, action: Action) -> str:
    answer = client.post(
        reverse("admin:engagements_action_changelist"),
        {"action": "confirm_done", "_selected_action": [str(action.pk)]},
        follow=True,
    )
    return answer.text


def test_done_takes_two_people_and_evidence(sign_in, action):
    """One reports it with its source, another one, who may, confirms it in the list."""
    source = action.outcome.engagement.sources.get()
    client = sign_in("Editor")
    assert "Nobody has reported it as done." in confirm(client, action)
    assert report(client, action) == 302
    assert "by a second person" in confirm(client, action)
    assert "needs evidence" in confirm(sign_in("Editor"), action)
    ActionUpdate.objects.all().delete()
    reporter = sign_in("Writer")
    assert report(reporter, action, sources=[str(source.pk)]) == 302
    confirm(reporter, action)
    assert Action.objects.get().status == "open"
    assert "1 confirmed as done." in confirm(sign_in("Editor"), action)
    assert Action.objects.get().status == "done"


def test_an_update_takes_only_the_engagements_own_sources(sign_in, action):
    """Another engagement's source is no evidence here."""
    foreign = SourceFactory()
    assert report(sign_in("Editor"), action, sources=[str(foreign.pk)]) == 200
    assert not ActionUpdate.objects.exists()


def test_a_desk_head_deletes_an_engagement_with_all_that_is_in_it(sign_in):
    """Outcomes, actions and sources go with a draft."""
    engagement = EngagementFactory(public_from=None)
    ActionFactory(outcome=OutcomeFactory(engagement=engagement))
    client = sign_in("Desk head")
    url = reverse("admin:engagements_engagement_delete", args=[engagement.pk])
    assert client.post(url, {"post": "yes"}).status_code == 302
    assert not Engagement.objects.exists()
