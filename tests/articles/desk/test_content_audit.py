"""Clean-up: duplicates suggested, drafts reassigned, broken links and forgotten pages."""

import datetime as dt

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles.desk.duplicates import mark_distinct, sound_of, suggested, tokens_of
from articles.models import AuditEntry, DistinctPair, Edition, Finding
from articles.publishing.rescheduling import reassign
from articles.publishing.workflow import withdraw
from articles.roles import DESK_HEAD, EDITOR, WRITER
from engagements.models import Country, Person
from tests.articles.samples import make_picture
from tests.factories import (
    ArticleFactory,
    EngagementFactory,
    OrganisationFactory,
    PersonFactory,
    TopicFactory,
    UserFactory,
    make_draft,
    make_public,
)

pytestmark = pytest.mark.django_db

CLEAN_UP, REASSIGN = reverse("desk:clean_up"), reverse("desk:reassign")


def member(role: str, **columns) -> User:
    person = UserFactory(**columns)
    person.groups.add(Group.objects.get(name=role))
    return User.objects.get(pk=person.pk)


def pairs(kind: str) -> set[frozenset[str]]:
    return {frozenset((pair.first.name, pair.second.name)) for pair in suggested(kind)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mohammed bin Salman", "Muhammad bin Salman"),
        ("Volodymyr Zelensky", "Володимир Зеленський"),
        ("Recep Tayyip Erdoğan", "Recep Erdogan"),
        ("Javier Colomina Píriz", "Javier Colomina"),
        ("J. Stoltenberg", "Jens Stoltenberg"),
        ("Wang Yi", "Yi Wang"),
        ("Dr. Amina Haddad", "Amina Haddad"),
        ("Sergei Lavrov", "Sergey Lavrov"),
    ],
)
def test_one_person_written_two_ways_is_suggested(one, other):
    for name in (one, other, "Somebody Else", "Jan Stolz", "Muhammad Ali"):
        PersonFactory(name=name)
    assert frozenset((one, other)) in pairs("person")
    assert frozenset(("Somebody Else", one)) not in pairs("person")


def test_people_who_only_share_a_name_are_not():
    for name in ("Anna Berg", "Otto Berg", "Anna Stein", "Li", "Lu"):
        PersonFactory(name=name)
    PersonFactory(name="Ana Berg", is_fictional=True)
    assert pairs("person") == set()


def test_organisations_are_found_by_spelling_and_acronym():
    spain, algeria = Country.objects.filter(code__in=["ES", "DZ"])
    for country in (spain, algeria):
        OrganisationFactory(name="Ministry of Foreign Affairs", country=country)
    OrganisationFactory(name="North Atlantic Treaty Organization", acronym="NATO")
    OrganisationFactory(name="NATO")
    OrganisationFactory(name="Organisation of North Atlantic Treaty")
    OrganisationFactory(name="Centre for Dialogue")
    assert pairs("organisation") == {
        frozenset(("North Atlantic Treaty Organization", "NATO")),
        frozenset(("North Atlantic Treaty Organization", "Organisation of North Atlantic Treaty")),
    }


def test_names_of_any_kind_are_read():
    for name in ("", "…", "李", "' OR 1=1", "ß" * 200):
        assert all(sound_of(token) for token in tokens_of(name))


def test_two_told_apart_are_not_suggested_again(client):
    one, other = PersonFactory(name="Ali Hassan"), PersonFactory(name="Aly Hasan")
    client.force_login(member(DESK_HEAD))
    address = reverse("desk:duplicates", args=["person"])
    page = client.get(address).content.decode()
    merge = reverse("admin:engagements_person_merge", args=[other.pk])
    assert f"{merge}?into={one.pk}" in page
    client.post(address, {"one": other.pk, "other": one.pk})
    assert suggested("person") == []
    mark_distinct("person", one.pk, other.pk, by=UserFactory())
    assert DistinctPair.objects.count() == 1
    page = client.post(address, {"one": "x", "other": one.pk}, follow=True)
    assert "no longer exists" in page.content.decode()


def test_suggestions_cost_the_same_with_more_pairs(client):
    client.force_login(member(DESK_HEAD))
    counts = []
    for number in range(3):
        for name in (f"Ali Hassan {'abc'[number] * 3}", f"Aly Hasan {'abc'[number] * 3}"):
            PersonFactory(name=name)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("desk:duplicates", args=["person"]))
        counts.append(len(queries))
    assert counts == [8, 8, 8]
    assert Person.objects.count() == 6


# Reassign drafts


@pytest.fixture
def leaving():
    """A writer who leaves behind a draft, one in review and one that readers see."""
    writer = member(WRITER, username="amina", first_name="Amina")
    visit, topic = EngagementFactory(), TopicFactory()
    made = {}
    for headline in ("A draft", "Another draft"):
        article = ArticleFactory(created_by=writer)
        made[headline] = make_draft(
            article, headline=headline, author=writer, engagement=visit, topics=[topic]
        )
    made["Public"] = make_public(
        article=ArticleFactory(created_by=writer), author=writer, headline="Public"
    )
    return writer, made


def test_drafts_are_reassigned(client, leaving):
    writer, made = leaving
    other, editor = member(WRITER, username="bela"), member(EDITOR)
    client.force_login(editor)
    page = client.get(REASSIGN, {"person": writer.pk}).content.decode()
    assert "A draft" in page
    assert "Public" not in page
    draft = made["A draft"]
    form = {"person": writer.pk, "article": [draft.article_id], "to": other.pk}
    page = client.post(REASSIGN, form, follow=True).content.decode()
    assert "1 draft was reassigned from Amina to bela." in page
    draft.article.refresh_from_db()
    draft.refresh_from_db()
    assert (draft.article.created_by, draft.author) == (other, writer)  # who wrote it stays
    step = AuditEntry.objects.get(article=draft.article)
    assert (step.kind, step.by, step.reason) == ("reassigned", editor, "from Amina to bela")
    client.force_login(other)
    change = reverse("admin:articles_article_change", args=[draft.article_id])
    assert "from Amina to bela" in client.get(change).content.decode()
    made["Another draft"].article.refresh_from_db()
    assert made["Another draft"].article.created_by == writer


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"to": ""}, "Choose the new writer."),
        ({"to": "999999"}, "Choose the new writer."),
        ({"to": "x"}, "Choose the new writer."),
        ({"article": []}, "Select at least one draft."),
        ({"article": ["x", "-1"]}, "Select at least one draft."),
    ],
)
def test_wrong_choice_gets_a_sentence_and_changes_nothing(client, leaving, changes, sentence):
    writer, made = leaving
    other = member(WRITER)
    client.force_login(member(EDITOR))
    pk = made["A draft"].article_id
    form = {"person": writer.pk, "article": [pk], "to": other.pk} | changes
    assert sentence in client.post(REASSIGN, form).content.decode()
    assert not AuditEntry.objects.filter(kind="reassigned").exists()


def test_only_an_open_draft_is_given_and_only_to_a_writer(leaving):
    writer, made = leaving
    editor = member(EDITOR)
    for edition, to in [
        (made["Public"], editor), (made["A draft"], writer), (made["A draft"], UserFactory()),
    ]:  # fmt: skip
        with pytest.raises(ValidationError):
            reassign(edition.article, to=to, by=editor)


# What readers see and should not


def test_broken_link_is_found_and_let_go_once_it_is_mended(client):
    gone = make_public(headline="Gone")
    key = make_picture().uuid
    body = (
        f'<p>See <a href="{gone.get_absolute_url()}">this</a>.</p><img data-picture="{key}">'
        f'<p>And</p><img data-picture="{make_picture().uuid}" alt="">'
    )
    edition = make_public(headline="Points to it", body="<p>x</p>")
    Edition.objects.filter(pk=edition.pk).update(body=body)
    call_command("audit_content")
    assert not Finding.objects.filter(kind="link").exists()
    assert Finding.objects.get(kind="no_alt").what == str(key)
    withdraw(gone.article, reason="It was wrong.")
    call_command("audit_content")
    [finding] = Finding.objects.filter(kind="link")
    assert (finding.edition, finding.what) == (edition, gone.get_absolute_url())
    client.force_login(member(EDITOR))
    assert gone.get_absolute_url() in client.get(CLEAN_UP).content.decode()
    Edition.objects.filter(pk=edition.pk).update(body="<p>Mended.</p>")
    page = client.post(reverse("desk:audit"), follow=True).content.decode()
    assert "1 article was checked." in page
    assert not Finding.objects.exists()


def test_picture_without_words_is_listed(client):
    edition = make_draft(headline="Undescribed", picture=make_picture())
    body = f'<p>Text.</p><img data-picture="{make_picture().uuid}"{{}}>'
    make_draft(headline="Described", picture=make_picture(), picture_alt="A port")
    make_draft(headline="In its story", body=body.format(""))
    make_draft(headline="Said in its story", body=body.format(' alt="A port"'))
    client.force_login(member(WRITER))
    page = client.get(CLEAN_UP).content.decode()
    assert f"{edition.article_id}/change/#id_picture_alt" in page
    assert page.count("#id_picture_alt") == 1
    assert ">In its story<" in page
    assert "Said in its story" not in page


def test_article_is_looked_at_again_when_its_day_has_come(client):
    today = timezone.localdate()
    for days, headline in [(-3, "Overdue"), (0, "Today's"), (5, "Later")]:
        edition = make_draft(headline=headline)
        edition.article.review_on = today + dt.timedelta(days=days)
        edition.article.save()
    client.force_login(member(WRITER))
    for address in (CLEAN_UP, reverse("admin:articles_article_changelist") + "?status=to_revisit"):
        page = client.get(address).content.decode()
        assert "Overdue" in page
        assert "Today" in page
        assert "Later" not in page


def test_clearing_up_costs_the_same_with_more_rows(client):
    client.force_login(member(DESK_HEAD))
    counts = []
    for _turn in range(2):
        for _row in range(2):
            edition = make_public(article=ArticleFactory(review_on=timezone.localdate()))
            Finding.objects.create(edition=edition, kind="link", what="/x/")
            Finding.objects.create(edition=edition, kind="no_alt", what="/y/")
            make_draft(picture=make_picture())
        with CaptureQueriesContext(connection) as queries:
            client.get(CLEAN_UP)
        counts.append(len(queries))
    assert counts == [10, 10]
