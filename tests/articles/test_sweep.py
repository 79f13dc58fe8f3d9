"""Every address of the site, found by walking the URLconf, so that a new one is covered at once."""

import datetime as dt
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.test import override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from reversion.models import Revision

from articles.authoring import comments
from articles.caching.batch import batched_refresh
from articles.models import Article, Edition, Picture, Rendition
from articles.pagination import ArchiveCursor
from articles.publishing.workflow import publish, withdraw
from config.page_store import PageStore
from config.staff.models import AuditEvent
from engagements.dates import PartialDate
from engagements.history import record
from engagements.models import (
    Action,
    ActionUpdate,
    Correction,
    Country,
    DateChange,
    Engagement,
    Organisation,
    Participant,
    Person,
    Region,
    Topic,
)
from tests.articles.samples import make_picture
from tests.factories import (
    ActionFactory,
    ArticleFactory,
    EngagementFactory,
    OrganisationFactory,
    OutcomeFactory,
    PersonFactory,
    SourceFactory,
    TopicFactory,
    TourFactory,
    UserFactory,
    make_draft,
)
from tests.wsgi import Answer, ask

# One process makes the world, and asks for it.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("sweep")]

HOUR = dt.timedelta(hours=1)
# Never to be found: what readers do not see yet, no longer, or not at all.
HIDDEN = ["Zdraft", "Zembargo", "Zwithdrawn", "Zskipped", "Znext", "Zdesk"]
# What readers saw once stands beneath this and nowhere else; its picture not even there.
VERSIONS = "/articles/zlive/versions/"
REASON = "Named the wrong envoy."


def patterns(resolver: URLResolver, namespaces: str = "") -> Iterator[tuple[str, dict]]:
    """Yield the name of every URL pattern, "articles:region", with its converters."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespaces}{entry.namespace}:" if entry.namespace else namespaces
            yield from patterns(entry, inner)
        elif isinstance(entry, URLPattern):
            arguments = entry.pattern.converters or entry.pattern.regex.groupindex
            yield f"{namespaces}{entry.name}", dict(arguments)


# The admin, and the sign-in to it.
DESK = ("admin:", "desk:", "account_", "mfa_")


def public_patterns() -> list[tuple[str, dict]]:
    return [p for p in patterns(get_resolver()) if not p[0].startswith(DESK)]


def fillings(name: str) -> list[dict]:
    """Return the arguments with which a public pattern is asked: the objects of its kind."""
    kind = name.removeprefix("articles:").split("_")[0]
    models: dict[str, Any] = {
        "article": Article, "engagement": Engagement, "region": Region, "topic": Topic,
        "person": Person, "organisation": Organisation,
    }  # fmt: skip
    if name == "articles:article_version":
        # Those that came out, and one for each edition that did not.
        slugs = Edition.objects.values_list("article__slug", "number")
        return [{"slug": slug, "number": number} for slug, number in slugs]
    if kind in models:
        slugs = models[kind].objects.values_list("slug", flat=True)
        if kind == "region":
            # Those with something to show or to hide, and one without.
            used = slugs.filter(engagements__isnull=False).distinct()
            slugs = [*used, slugs.filter(engagements__isnull=True).first()]
        return [{"slug": slug} for slug in slugs]
    if kind == "country":
        # As of regions: there are 280.
        used = Country.objects.filter(participations__isnull=False).distinct()
        codes = {*used.values_list("code", flat=True), "FJ", "SUHH"}
        return [{"code": code} for code in sorted(codes)]
    if kind == "media":
        rows = Rendition.objects.values_list("picture__uuid", "name")
        return [{"uuid": uuid, "name": rendition} for uuid, rendition in rows]
    if name.startswith("articles:preview"):
        # Nobody's token; `test_preview_links` has what the right one opens, and until when.
        rows = Rendition.objects.values_list("picture__uuid", "name")
        media = [{"token": "A" * 43, "uuid": uuid, "name": rendition} for uuid, rendition in rows]
        return media if "media" in name else [{"token": "A" * 43}]
    return []


def public_addresses() -> list[str]:
    """Return every public address that the database's rows make, hidden rows included."""
    addresses = []
    for name, converters in public_patterns():
        assert not name.endswith("None"), "a public URL pattern has no name"
        found = [f for f in fillings(name) if set(f) == set(converters)] if converters else [{}]
        assert found, f"the sweep does not know how to fill {name}: {sorted(converters)}"
        addresses += [reverse(name, kwargs=filling) for filling in found]
    today = timezone.localdate()
    for address in [a for a in addresses if a.endswith("/versions/")]:
        addresses += [f"{address}?on={today - days}" for days in map(dt.timedelta, (0, 1))]
        addresses += [f"{address}compare/?from={n}&to={n % 3 + 1}" for n in (1, 2, 3)]
    return addresses


def filtered_addresses() -> list[str]:
    """Return what a region and the site offer to follow, under filters and as an archive."""
    older = f"before={ArchiveCursor(timezone.now() + 9 * HOUR, 1)}"
    queries = ["year=2025", "status=postponed", "coverage=with", "actions=open", older]
    return (
        [
            f"{prefix}{file}?{query}"
            for prefix in ("/", "/regions/north-africa/", "/topics/zpublic-topic/")
            for file in ("feed.rss", "feed.json", "calendar.ics")
            for query in queries
        ]
        + [
            f"/regions/north-africa/{file}?{kind}=z{mark}-{kind}"
            for file in ("", "feed.rss")
            for kind in ("topic", "person", "organisation")
            for mark in ("draft", "embargo", "withdrawn")
        ]
        + [f"/{name}?{older}" for name in ("corrections/feed.atom", "outcomes/feed.atom")]
        + [f"/outcomes/{file}?status=under_way" for file in ("", "feed.rss", "calendar.ics")]
    )


def content(mark: str) -> dict[str, Any]:
    """Return an edition's content with `mark` in every field that an editor fills."""
    embedded = make_picture(credit=f"{mark}embeddedcredit")
    words = f'alt="{mark}embeddedalt" data-caption="{mark}embeddedcaption"'
    return {
        "headline": f"{mark}headline",
        "standfirst": f"{mark}standfirst",
        "body": f'<p>{mark}body</p><img data-picture="{embedded.uuid}" {words}>',
        "byline": f"{mark}byline",
        "picture": make_picture(credit=f"{mark}credit", licence=f"{mark}licence"),
        "picture_alt": f"{mark}alt",
        "picture_caption": f"{mark}caption",
        "public_note": f"{mark}note",
        "note": "Zdesk, for nobody's eyes",
        "author": UserFactory(username=f"Zdesk{mark}"),
    }


def make_engagement(mark: str, public_from: dt.datetime | None, **fields: Any) -> Engagement:
    """Return an engagement with `mark` in every text of its own and of all that hangs on it."""
    topic = TopicFactory(name=f"{mark}topic", slug=f"{mark}-topic".lower())
    visit = EngagementFactory(
        title=f"{mark}title", slug=f"{mark}-visit".lower(), city=f"{mark}city",
        venue=f"{mark}venue", summary=f"{mark}summary", status_note=f"{mark}reason",
        status="postponed", public_from=public_from, topics=[topic], **fields,
    )  # fmt: skip
    Participant.objects.create(
        engagement=visit,
        side="visitor",
        organisation=OrganisationFactory(
            name=f"{mark}organisation", slug=f"{mark}-organisation".lower()
        ),
        person=PersonFactory(name=f"{mark}person", slug=f"{mark}-person".lower()),
        title_text=f"{mark}office",
    )
    day = PartialDate(dt.date(2025, 1, 1))
    DateChange.objects.create(
        engagement=visit, old_start=day, new_start=visit.start, reason=f"{mark}moved"
    )
    Correction.objects.create(engagement=visit, note=f"{mark}corrected")
    address = f"https://{mark}.example/".lower()
    source = SourceFactory(
        engagement=visit, publisher=f"{mark}publisher", title=f"{mark}source", url=address
    )
    outcome = OutcomeFactory(engagement=visit, title=f"{mark}outcome", details=f"{mark}details")
    outcome.sources.add(source)
    action = ActionFactory(
        outcome=outcome, title=f"{mark}action", owner_text=f"{mark}owner",
        due_date=dt.date(2025, 4, 1), due_precision="day",
    )  # fmt: skip
    reporter = UserFactory(username=f"Zdeskreporter{mark}")
    update = {"date": dt.date(2025, 3, 1), "action": action, "reported_by": reporter}
    ActionUpdate.objects.create(status="under_way", text=f"{mark}update", **update)
    ActionUpdate.objects.create(status=Action.Status.DONE, text="Zdesk unconfirmed", **update)
    return visit


def make_story(mark: str, visit: Engagement) -> Edition:
    article = ArticleFactory(slug=f"{mark}-article".lower())
    edition = make_draft(article, engagement=visit, topics=visit.topics.all(), **content(mark))
    said = comments.add(article, by=edition.author, text="Zdesk asks", where="headline")
    comments.add(article, by=edition.author, text="Zdesk answers", to=str(said.pk))
    return edition


@batched_refresh()
def make_world() -> dict[str, Edition]:
    """One article and engagement in each state, on one tour and in the same regions."""
    now, by, tour = timezone.now(), UserFactory(username="Zdeskhead"), TourFactory(title="Ztour")
    visits = {
        "draft": make_engagement("Zdraft", None, tour=tour),
        "embargo": make_engagement("Zembargo", now + HOUR, tour=tour),
        "withdrawn": make_engagement("Zwithdrawn", now - 9 * HOUR, tour=tour),
        "public": make_engagement("Zpublic", now - 9 * HOUR, tour=tour),
    }
    EngagementFactory(tour=tour)
    visits["withdrawn"].withdrawn_at = now - HOUR
    visits["withdrawn"].withdrawn_reason = REASON
    stories = {
        name: make_story(f"Z{name}", visits[name]) for name in ("draft", "embargo", "withdrawn")
    }
    publish(stories["embargo"], by=by, at=now + 2 * HOUR)
    publish(stories["withdrawn"], by=by, at=now - 8 * HOUR, backdated=True)
    withdraw(stories["withdrawn"].article, reason=REASON)
    visits["withdrawn"].save()
    record(visits["public"].pk, by=by)
    # The public article has a past, a future that was called off, and a future.
    article = ArticleFactory(slug="zlive")
    shared = {"engagement": visits["public"], "topics": visits["public"].topics.all()}
    plan = [
        ("Zsuperseded", now - 7 * HOUR), ("Zskipped", now - 5 * HOUR),
        ("Zpublic", now - 6 * HOUR), ("Znext", now + HOUR),
    ]  # fmt: skip
    for mark, at in plan:
        text = content(mark)
        if mark == "Zsuperseded":
            text["public_note"] = ""  # the notes of what was public stay on the page
        edition = make_draft(article, **shared, **text)
        publish(edition, by=by, at=at, backdated=True)
        stories[mark] = edition
    stories["Zpublic"].also_covers.set(visits.values())  # the rule holds whatever a row says
    make_draft(article, **shared, **content("Zdraftnewer"))
    comments.add(article, by=by, text="Zdesk asks", where="body", quote="Zdraftnewerbody")
    return stories


@pytest.fixture(scope="module")
def made_world(
    django_db_setup, django_db_blocker, tmp_path_factory
) -> Iterator[tuple[Path, dict[str, int]]]:
    """Make the world once a module; yield its directory of pictures and its editions' keys."""
    media = tmp_path_factory.mktemp("media")
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(MEDIA_ROOT=media):
            keys = {name: edition.pk for name, edition in make_world().items()}
        yield media, keys
        transaction.set_rollback(True)


@pytest.fixture
def world(made_world, settings) -> dict[str, Edition]:
    """Return the world as it was made, whatever the last test did to it."""
    settings.MEDIA_ROOT, keys = made_world
    return {name: Edition.objects.get(pk=pk) for name, pk in keys.items()}


Answers = dict[str, Answer]


def sweep(stored: PageStore) -> Answers:
    """Return what every public address answers, the page store before it."""
    return {address: ask(stored, address) for address in public_addresses() + filtered_addresses()}


def test_nothing_hidden_stands_on_any_public_address(stored, world, monkeypatch):
    """A draft, an embargoed, superseded or withdrawn text is nowhere, and nothing fails.

    Neither is it in a stored copy after a withdrawal, or when an embargo ends by itself.
    """
    answers = sweep(stored)
    assert len(stored.entries) > 50
    _nothing_hidden(answers)
    embedded = world["Zpublic"].story_pictures.get().picture
    _hidden_have_no_address(answers, {world["Zpublic"].picture, embedded})
    _all_that_is_public(answers)
    withdraw(world["Zpublic"].article, reason=REASON)
    later = timezone.now() + 3 * HOUR
    monkeypatch.setattr(timezone, "now", lambda: later)
    answers = sweep(stored)
    _only_the_embargoed_is_public(answers)
    assert sweep(stored) == answers


def _nothing_hidden(answers: Answers) -> None:
    for address, answer in answers.items():
        # 400: a comparison with a version that is not there.
        expected = (200, 400, 404, 410) if "compare" in address else (200, 404, 410)
        assert answer.status in expected, address
        told = answer.text.casefold()
        hidden = HIDDEN if address.startswith(VERSIONS) else [*HIDDEN, "Zsuperseded"]
        assert not [mark for mark in hidden if mark.casefold() in told], address


def _hidden_have_no_address(swept: Answers, shown: set[Picture]) -> None:
    """Own addresses: 404 before publication, 410 after a withdrawal, pictures 404 in both."""
    answers = {address: answer.status for address, answer in swept.items()}
    for mark, expected in [("draft", 404), ("embargo", 404), ("withdrawn", 410)]:
        assert answers[f"/articles/z{mark}-article/"] == expected
        assert answers[f"/engagements/z{mark}-visit/"] == expected
        for kind in ("people", "organisations", "topics"):
            for end in ("", "feed.rss", "feed.atom", "feed.json", "calendar.ics"):
                name = {"people": "person", "organisations": "organisation"}.get(kind, "topic")
                assert answers[f"/{kind}/z{mark}-{name}/{end}"] == 404
        for end in ("versions/", "versions/1/", "versions/compare/"):
            assert answers[f"/articles/z{mark}-article/{end}"] == expected
    assert answers[f"{VERSIONS}1/"] == answers[f"{VERSIONS}2/"] == 200
    assert answers[f"{VERSIONS}3/"] == answers[f"{VERSIONS}compare/?from=3&to=1"] + 4 == 404
    assert answers["/articles/zlive/"] == answers["/engagements/zpublic-visit/"] == 200
    assert answers["/people/zpublic-person/"] == answers["/topics/zpublic-topic/"] == 200
    for rendition in Rendition.objects.select_related("picture"):
        expected = 200 if rendition.picture in shown else 404
        assert answers[rendition.get_absolute_url()] == expected
    assert Picture.objects.count() > 1


@pytest.mark.parametrize(
    "address", ["/articles/zwithdrawn-article/", "/engagements/zwithdrawn-visit/"]
)
def test_withdrawn_page_tells_only_date_and_reason(client, world, address):
    """A withdrawn page says when and why, and nothing that it said before."""
    withdrawn = world["withdrawn"]
    # They went an hour apart, which may be two days.
    row = withdrawn.article if address.startswith("/articles/") else withdrawn.engagement
    row.refresh_from_db()
    response = client.get(address)
    assert response.status_code == 410
    text = response.content.decode()
    assert REASON in text
    assert f'datetime="{row.withdrawn_at:%Y-%m-%d}' in text
    assert "zwithdrawn" not in text.casefold()


def _all_that_is_public(answers: Answers) -> None:
    """Each public text is found somewhere: a sweep that sees nothing would prove nothing."""
    told = "".join(answer.text for answer in answers.values())
    fields = (
        "headline standfirst body byline credit licence alt caption note title city venue summary "
        "reason topic organisation person office moved corrected publisher source outcome details "
        "action owner update embeddedalt embeddedcaption embeddedcredit"
    )
    assert [field for field in fields.split() if f"Zpublic{field}" not in told] == []
    assert "Ztour" in told
    for field in ("headline", "standfirst", "body", "byline", "alt", "caption"):
        assert f"Zsuperseded{field}" in told


def _only_the_embargoed_is_public(answers: Answers) -> None:
    assert all(answer.status in (200, 400, 404, 410) for answer in answers.values())
    told = "".join(answer.text for answer in answers.values()).casefold()
    gone = ["Zpublicbody", "Zpublicheadline", "Zpublicbyline", "Zpubliccaption"]
    still = [mark for mark in HIDDEN if mark != "Zembargo"]
    marks = ["Zembargobody", *gone, *still]
    assert [mark for mark in marks if mark.casefold() in told] == ["Zembargobody"]


def test_embargo_ends_by_itself(client, world, monkeypatch):
    """At its hour an embargoed article is public without anybody's doing."""
    later = timezone.now() + 3 * HOUR
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert "Zembargobody" in client.get("/articles/zembargo-article/").content.decode()
    assert "Zembargoheadline" in client.get("/feed.atom").content.decode()
    assert "Zembargotitle" in client.get("/calendar.ics").content.decode()
    for file in ("feed.json", "calendar.ics"):
        assert "Zembargoaction" in client.get(f"/outcomes/{file}").content.decode()
    assert "Znextbody" in client.get("/articles/zlive/").content.decode()


# The admin


def admin_addresses(world: dict[str, Edition]) -> list[str]:
    """Return every address of the admin, filled with an object of the pattern's model."""
    edition = world["Zpublic"]
    addresses = []
    for name, converters in patterns(get_resolver()):
        if not name.startswith(("admin:", "desk:")):
            continue
        if name == "admin:None":
            continue  # Django's own: its catch-all, and the redirects from its old change pages
        filling = {key: _admin_argument(name, key, edition) for key in converters}
        missing = [key for key, value in filling.items() if value is None]
        assert not missing, f"the sweep does not know how to fill {name}: {missing}"
        addresses.append(reverse(name, kwargs=filling))
    return addresses


def _admin_argument(name: str, key: str, edition: Edition) -> Any:
    fixed = {
        "app_label": "engagements",
        "article_id": edition.article_id,
        "engagement_id": edition.engagement_id,
        "revision_id": Revision.objects.values_list("pk", flat=True).first(),
        "autosave_id": 1,
        "link_id": 1,
        "region_id": Region.objects.values_list("pk", flat=True).first(),
        "uuid": edition.picture.uuid,
        "name": "320.jpg",
        "kind": "person",
        "content_type_id": ContentType.objects.get_for_model(Article).pk,
    }
    if name == "desk:bulk":
        return {"kind": "article", "operation": "withdraw"}[key]
    if key == "object_id" and name == "admin:view_on_site":
        return edition.article_id
    if key in ("object_id", "id"):
        label = name.removeprefix("admin:")
        for model in admin.site._registry:
            if label.startswith(f"{model._meta.app_label}_{model._meta.model_name}_"):
                first = model._default_manager.first()
                return 1 if first is None else first.pk
        return None
    return fixed.get(key)


@pytest.fixture
def account(request, client) -> str:
    """Log in as the test is parametrised, or not."""
    role = request.param
    if role == "superuser":
        client.force_login(UserFactory(is_superuser=True))
    return role


# A page to sign in on would tell a script nothing.
FOR_THE_FORMS_SCRIPT = ("/article/autosave/", "/article/presence/")


# What each role is answered stands in `test_matrix`.
@pytest.mark.parametrize("account", ["anonymous", "superuser"], indirect=True)
def test_no_admin_address_fails(client, account, world):
    """Whoever asks, the desk answers: never an error of ours. Strangers must log in, and a
    superuser opens every page, for a sweep of refusals would prove nothing.
    """
    client.raise_request_exception = False
    refused, closed = set(), closed_to_all(world)
    # First only read: what is posted may change what the next address answers.
    for method, address in product(["get", "post"], admin_addresses(world)):
        if method == "post" and address.endswith("/logout/"):
            continue
        response = getattr(client, method)(address)
        b"".join(response)  # to its end, so that a file is closed
        assert response.status_code < 500, address
        if account == "superuser":
            if method == "get" and response.status_code not in (200, 302):
                refused.add(address)
        elif address.endswith(FOR_THE_FORMS_SCRIPT):
            assert response.status_code == 401, address
        elif address not in ("/admin/login/", "/admin/logout/"):
            assert response.status_code == 302, address
            assert response["Location"].startswith("/admin/login/"), address
    assert [address for address in refused if not address.endswith(closed)] == []


def closed_to_all(world: dict[str, Edition]) -> tuple[str, ...]:
    """Return the ends of the addresses that not even a superuser opens with a link."""
    # By POST only, with a query only, or closed to everybody.
    ends = ["reinstate/", "restore/", "unschedule/", "confirm/", "visit-topics/", "upload/"]
    ends += ["autocomplete/", "discard/", "presence/", "revoke/", "comment/", "calendar/move/"]
    ends += ["/picture/add/", "/action/add/", "/logout/"]
    # The audit log only grows, and by itself.
    ends.append("/auditevent/add/")
    ends += [f"/auditevent/{pk}/delete/" for pk in AuditEvent.objects.values_list("pk", flat=True)]
    # What readers saw is withdrawn, not deleted.
    ends += [f"/article/{world['Zpublic'].article_id}/delete/"]
    ends += [f"/engagement/{visit.pk}/delete/" for visit in Engagement.objects.public()]
    return tuple(ends)
