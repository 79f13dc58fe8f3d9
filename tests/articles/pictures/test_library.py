"""The picture library: what the desk does with pictures before and after an article uses them."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from articles.models import Picture
from articles.pictures import desk_views
from articles.pictures.library import create_picture
from articles.pictures.processing import MAX_BYTES
from articles.roles import WRITER
from tests.articles.pictures import samples
from tests.articles.pictures.samples import encode, half_red, upload
from tests.articles.samples import make_picture
from tests.engagements.desk import errors, read
from tests.factories import UserFactory, make_draft, make_public

pytestmark = pytest.mark.django_db

LIST = reverse("admin:articles_picture_changelist")
UPLOAD = reverse("admin:articles_picture_upload")
DESCRIBE = reverse("admin:articles_picture_describe")


def page_of(picture) -> str:
    return reverse("admin:articles_picture_change", args=[picture.pk])


# The focal point


def test_focal_point_is_kept_in_every_crop(client, admin_client):
    """What an editor says matters is told to the style sheet, and cut into the share picture."""
    picture = make_picture()
    edition = make_public(picture=picture, picture_alt="A square")
    before = picture.renditions.get(name="share.jpg").file.name
    data = read(admin_client.get(page_of(picture)))
    assert (data["focal_x"], data["focal_y"]) == ("50", "50")
    assert admin_client.post(page_of(picture), data | {"focal_x": "12"}).status_code == 302
    picture.refresh_from_db()
    assert (picture.focal_x, picture.focal_y) == (0.12, 0.5)
    assert picture.renditions.get(name="share.jpg").file.name != before
    for address in ("/", "/articles/", edition.get_absolute_url()):
        assert '<img class="fx-1 fy-5" src=' in client.get(address).text
    assert admin_client.get(page_of(picture)).text.count(" fx-1 fy-5") == 5


@pytest.mark.parametrize("wrong", ["-1", "101", "nan", "1e400", "", "middle", "\0"])
def test_focal_point_off_the_picture_is_refused(admin_client, wrong):
    """With a sentence beside the field; what was typed stays in it."""
    picture = make_picture()
    data = read(admin_client.get(page_of(picture))) | {"credit": "Typed", "focal_y": wrong}
    answer = admin_client.post(page_of(picture), data)
    assert errors(answer)
    assert read(answer)["credit"] == "Typed"


# The list


def fill(number: int) -> None:
    for n in range(number):
        edition = make_public(picture=make_picture(credit=f"C{n}"), picture_alt=f"Alt {n}")
        make_draft(edition.article, picture=edition.picture, engagement=edition.engagement)
        make_picture()


@pytest.mark.parametrize("number", [1, 4])
def test_library_costs_the_same_however_many(admin_client, django_assert_num_queries, number):
    fill(number)
    admin_client.get(LIST)
    with django_assert_num_queries(6):
        answer = admin_client.get(LIST)
    assert answer.text.count("/file/320.jpg") == 2 * number


def found(client, **query) -> list[str]:
    return [str(picture) for picture in client.get(LIST, query).context["cl"].result_list]


def test_pictures_are_found_and_filtered(admin_client):
    """By what is said of them and of their uses; by whether they are used, credited, described."""
    used = make_picture(credit="Amina")
    make_public(picture=used, picture_alt="The bay of Algiers")
    make_draft(picture=used, picture_alt="The bay at night")
    spare = make_picture()
    Picture.objects.filter(pk=used.pk).update(caption="Used", name="one.jpg")
    Picture.objects.filter(pk=spare.pk).update(caption="Spare", name="two.jpg", alt="Two flags")
    assert found(admin_client) == ["Spare", "Used"]
    for words in ("used", "one.jpg", "amina", "algiers", "bay"):
        assert found(admin_client, q=words) == ["Used"]
    for words in ("two.jpg", "flags"):
        assert found(admin_client, q=words) == ["Spare"]
    for name, of_used in (("used", "yes"), ("credit", "yes"), ("alt", "no")):
        other = {"yes": "no", "no": "yes"}[of_used]
        assert found(admin_client, **{name: of_used}) == ["Used"]
        assert found(admin_client, **{name: other}) == ["Spare"]
        assert found(admin_client, **{name: "maybe"}) == ["Spare", "Used"]
    assert "With a credit (1)" in admin_client.get(LIST, {"_facets": "True"}).text
    assert "No picture fits" in admin_client.get(LIST, {"q": "nothing of the kind"}).text


# Uploads


def sent(client, *files, **headers):
    return client.post(UPLOAD, {"files": files}, **headers)


def sent_by_script(client, *files):
    answer = sent(client, *files, headers={"accept": "application/json"})
    assert answer.status_code == 200
    return answer.json()


def test_several_files_are_taken_and_described(admin_client):
    """Without a script: the good ones are kept, the others named with their reason."""
    first, second = (upload(encode(half_red((640, side))), f"{side}.jpg") for side in (400, 420))
    answer = sent(admin_client, first, upload(b"A note.", "note.jpg"), second)
    one, two = Picture.objects.order_by("pk")
    assert answer["Location"] == f"{DESCRIBE}?ids={one.pk},{two.pk}"
    page = admin_client.get(answer["Location"])
    assert "“note.jpg”: This is not a readable picture" in page.text
    assert (one.name, one.uploaded_by.username) == ("400.jpg", "admin")
    data = read(page) | {
        "all-credit": "A. N. Other",
        "all-licence": "CC BY 4.0",
        f"picture-{two.pk}-credit": "Somebody else",
        f"picture-{two.pk}-alt": "Two flags",
    }
    assert admin_client.post(answer["Location"], data).status_code == 302
    one, two = Picture.objects.order_by("pk")
    assert (one.credit, one.licence, one.alt) == ("A. N. Other", "CC BY 4.0", "")
    assert (two.credit, two.licence, two.alt) == ("Somebody else", "CC BY 4.0", "Two flags")


def test_descriptions_that_are_wrong_are_kept(admin_client):
    """With a sentence at the field; nothing is stored."""
    one, two = make_picture(), make_picture()
    page = f"{DESCRIBE}?ids={one.pk},{two.pk}"
    wrong = {"all-credit": "x" * 201, f"picture-{one.pk}-alt": "Typed"}
    answer = admin_client.post(page, read(admin_client.get(page)) | wrong)
    assert errors(answer)
    assert read(answer)[f"picture-{one.pk}-alt"] == "Typed"
    assert not Picture.objects.exclude(credit="", alt="").exists()


@pytest.mark.parametrize("ids", ["", "x", "-1", "9" * 40, "٣", "1 OR 1", "1," * 5000])
def test_description_of_nothing_leads_back(admin_client, ids):
    answer = admin_client.get(DESCRIBE, {"ids": ids})
    assert (answer.status_code, answer["Location"]) == (302, LIST)


@pytest.mark.parametrize("content", samples.no_pictures().values(), ids=samples.no_pictures())
def test_hostile_file_is_refused_with_a_sentence(admin_client, content):
    (refused,) = sent_by_script(admin_client, upload(content, "picture.jpg"))["refused"]
    assert refused["name"] == "picture.jpg"
    assert refused["text"].endswith(".")
    assert not Picture.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (samples.png((50_000, 50_000), b"\0"), "more than 50 million pixels"),
        (encode(half_red()).ljust(MAX_BYTES + 1, b"\0"), "larger than 10 MB"),
        (samples.animated("PNG"), "animated"),
        (samples.many_scans(300), "damaged"),
        (encode(half_red((100, 100))), "narrower"),
    ],
    ids=["bomb", "large", "moving", "scans", "small"],
)
def test_file_too_much_is_refused_with_its_reason(admin_client, content, words):
    (refused,) = sent_by_script(admin_client, upload(content))["refused"]
    assert words in refused["text"]
    assert not Picture.objects.exists()


def test_picture_that_is_there_already_is_offered(admin_client):
    """The same pixels are the same picture, whatever the file says of itself and is called."""
    (kept,) = sent_by_script(admin_client, upload(encode(half_red())))["added"]
    again = encode(half_red(), comment=b"Another file")
    (refused,) = sent_by_script(admin_client, upload(again, "again.jpg"))["refused"]
    assert "in the library already" in refused["text"]
    assert refused["existing"]["id"] == kept["id"]
    answer = sent(admin_client, upload(again, "again.jpg"))
    assert f'<a href="{kept["page"]}">' in admin_client.get(answer["Location"]).text
    assert Picture.objects.count() == 1


def test_no_more_files_at_once_than_are_read_in_time(admin_client, monkeypatch):
    """The rest is named, and can be sent after these."""
    monkeypatch.setattr(desk_views, "MAX_FILES", 1)
    files = [upload(encode(half_red((640, side))), f"{side}.jpg") for side in (400, 420)]
    answer = sent_by_script(admin_client, *files)
    assert len(answer["added"]) == 1
    assert [row["name"] for row in answer["refused"]] == ["420.jpg"]


def test_upload_of_nothing_is_told(admin_client):
    answer = admin_client.post(UPLOAD, follow=True)
    assert "Choose at least one picture" in answer.text
    assert admin_client.get(UPLOAD).status_code == 405


def test_file_name_is_shown_as_text(admin_client):
    """A file's name is data: neither markup nor signs that turn a line round."""
    name = "<img src=x onerror=alert(1)>\u202egpj.jpg"
    sent(admin_client, upload(encode(half_red()), name))
    picture = Picture.objects.get()
    assert picture.name == "<img src=x onerror=alert(1)>gpj.jpg"
    for address in (LIST, page_of(picture), f"{DESCRIBE}?ids={picture.pk}"):
        assert "<img src=x" not in admin_client.get(address).text


def test_writer_describes_ones_own_until_it_is_out(client):
    """Afterwards, and of others, it is an editor's: it would show at once, past any approval."""
    writer = UserFactory()
    writer.groups.add(Group.objects.get(name=WRITER))
    client.force_login(writer)
    own, others = make_picture(by=writer), make_picture()
    page = f"{DESCRIBE}?ids={own.pk},{others.pk}"
    assert f"picture-{own.pk}-alt" in client.get(page).text
    assert f"picture-{others.pk}-alt" not in client.get(page).text
    assert client.post(page_of(own), read(client.get(page_of(own)))).status_code == 302
    assert client.post(page_of(others), {}).status_code == 403
    make_public(picture=own, picture_alt="A square")
    assert client.get(page).status_code == 302
    assert client.post(page_of(own), {}).status_code == 403


# In an article's form


def test_another_picture_is_chosen_without_a_script(admin_client):
    """From the newest ones and the one that is chosen; each keeps its own credit."""
    one, two = make_picture(credit="Amina", licence="CC0"), make_picture(credit="Jonas")
    edition = make_draft(picture=one, picture_alt="A square")
    page = reverse("admin:articles_article_change", args=[edition.article_id])
    data = read(admin_client.get(page))
    assert (data["picture"], data["picture_credit"]) == (str(one.pk), "Amina")
    admin_client.post(page, data | {"picture": str(two.pk), "_continue": "1"})
    assert edition.article.latest_edition().picture == two
    assert list(Picture.objects.order_by("pk").values_list("credit", flat=True)) == [
        "Amina",
        "Jonas",
    ]
    # One that is there already is taken from there.
    known = create_picture(upload(encode(half_red())), credit="Third")
    data = read(admin_client.get(page)) | {"picture_upload": upload(encode(half_red()))}
    answer = admin_client.post(page, data | {"_continue": "1"}, follow=True)
    assert "was in the library already" in answer.text
    assert edition.article.latest_edition().picture == known
    known.refresh_from_db()
    assert (known.credit, Picture.objects.count()) == ("Third", 3)


@pytest.mark.parametrize("wrong", ["x", "-1", "9" * 40, "1 OR 1"])
def test_picture_that_is_none_is_told_at_its_field(admin_client, wrong):
    page = reverse("admin:articles_article_change", args=[make_draft().article_id])
    answer = admin_client.post(page, read(admin_client.get(page)) | {"picture": wrong})
    assert answer.context["adminform"].form.errors["picture"]
