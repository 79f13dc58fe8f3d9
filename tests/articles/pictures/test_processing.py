import datetime as dt
import io
import itertools
import random
from pathlib import PurePosixPath
from unittest.mock import Mock

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import FileSystemStorage
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.functional import Promise
from PIL import Image

from articles.management.commands import worker
from articles.models import DiscardedFile, Picture, Rendition
from articles.pictures import library, processing
from articles.pictures.library import create_picture
from articles.pictures.processing import decode
from articles.publishing.workflow import withdraw
from tests.articles.pictures import samples
from tests.articles.pictures.samples import BLUE, RED, SECRET, encode, half_red, upload
from tests.factories import UserFactory, make_draft, make_public

FORMATS = ["JPEG", "PNG", "WEBP", "AVIF"]
NO_PICTURES = samples.no_pictures()
SPARE_DAYS = dt.timedelta(days=3)


def refusal(content: bytes, name: str = "picture.jpg") -> ValidationError:
    """Return the one error with which `content` is refused."""
    with pytest.raises(ValidationError) as caught:
        decode(upload(content, name))
    assert isinstance(caught.value.message, Promise), "the sentence is not translatable"
    assert "%(" not in caught.value.messages[0]
    return caught.value


def stored(media) -> dict[str, bytes]:
    """Return every file in storage, by its name without directories."""
    return {path.name: path.read_bytes() for path in media.rglob("*") if path.is_file()}


def read(file: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(file))
    image.load()
    return image


def is_close(found, expected, tolerance: int = 12) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(found, expected, strict=True))


def shows_half_red(image: Image.Image) -> bool:
    """Say whether the top is red and the bottom blue."""
    image = image.convert("RGB")
    x, y = image.width // 2, image.height // 4
    return is_close(image.getpixel((x, y)), RED) and is_close(image.getpixel((x, y * 3)), BLUE)


# What is taken, and what is not


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("name", ["picture.jpg", "notes.txt", "picture"])
def test_check_takes_by_content(format_, name):
    """A picture of a kind that we take is taken, whatever its name says."""
    decode(upload(encode(half_red(), format_), name))


@pytest.mark.parametrize("content", NO_PICTURES.values(), ids=NO_PICTURES)
@pytest.mark.parametrize("name", ["picture.jpg", "picture.png"])
def test_check_refuses_other_kinds(content, name):
    """Whatever is not a picture of a kind that we take is refused with the kinds that are."""
    error = refusal(content, name)
    assert error.code == "kind"
    assert "JPEG, PNG, WebP or AVIF" in error.messages[0]


@pytest.mark.parametrize("format_", ["PNG", "WEBP", "AVIF"])
def test_check_refuses_moving_pictures(format_):
    """A picture that moves is refused."""
    assert refusal(samples.animated(format_)).code == "animated"


def test_check_takes_two_in_one():
    """A telephone's JPEG with a second picture inside does not move."""
    assert read(samples.two_in_one()).n_frames == 2
    decode(upload(samples.two_in_one()))


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.98])
def test_check_refuses_truncated_pictures(format_, share):
    """A picture whose end is missing is refused."""
    noise = Image.effect_noise((640, 400), 80).convert("RGB")
    content = encode(noise, format_)
    # WebP and AVIF keep their table of contents where the missing end shows at once.
    expected = "broken" if format_ in ("JPEG", "PNG") else "kind"
    assert refusal(content[: int(len(content) * share)]).code == expected


@pytest.mark.parametrize("size", [(10_000, 5_001), (10_000, 10_000), (50_000, 50_000)])
def test_check_refuses_bomb_by_header(size):
    """A picture that claims too many pixels is refused before anything is decoded."""
    error = refusal(samples.png(size, b"\0"))
    assert error.code == "pixels"
    assert "50 million" in error.messages[0]


def test_check_refuses_scan_bomb():
    """A JPEG that would be gone over again and again is refused before anything is decoded."""
    decode(upload(samples.many_scans(10)))
    assert refusal(samples.many_scans(processing.MAX_SCANS)).code == "broken"


def test_large_picture_may_have_fewer_scans(monkeypatch):
    """What counts is how many pixels are decoded, scan by scan."""
    picture = samples.half_red()
    monkeypatch.setattr(processing, "MAX_SCANNED_PIXELS", 20 * picture.width * picture.height)
    decode(upload(samples.many_scans(5)))
    assert refusal(samples.many_scans(20)).code == "broken"


def test_check_refuses_large_file():
    """A file over ten megabytes is refused unread."""
    content = encode(half_red())
    decode(upload(content.ljust(processing.MAX_BYTES, b"\0")))
    assert refusal(content.ljust(processing.MAX_BYTES + 1, b"\0")).code == "size"


@pytest.mark.parametrize(
    ("size", "orientation", "is_taken"),
    [
        ((320, 10), 1, True),
        ((319, 400), 1, False),
        ((10, 320), 6, True),
        ((400, 319), 6, False),
    ],
)
def test_check_measures_upright_width(size, orientation, is_taken):
    """A picture is at least 320 pixels wide as people see it."""
    exif = Image.Exif()
    exif[samples.ORIENTATION] = orientation
    content = encode(Image.new("RGB", size), exif=exif)
    if is_taken:
        decode(upload(content))
    else:
        assert refusal(content).code == "small"


def test_check_refuses_strip():
    """A picture so tall that it would be made too narrow is refused."""
    assert refusal(encode(Image.new("1", (320, 20_000)), "PNG")).code == "small"


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, about metadata
@pytest.mark.parametrize("format_", FORMATS)
def test_check_survives_damage(format_):
    """A file damaged anywhere is taken or refused, and nothing else happens."""
    choose = random.Random(format_)  # noqa: S311 - repeatable, not secret
    whole = samples.with_metadata(format_)
    for _attempt in range(60):
        damaged = bytearray(whole)
        for _byte in range(choose.randint(1, 12)):
            damaged[choose.randrange(len(damaged))] = choose.randrange(256)
        try:
            decode(upload(bytes(damaged)))
        except ValidationError:
            continue


# What is stored


@pytest.mark.django_db
@pytest.mark.parametrize("format_", FORMATS)
def test_create_keeps_no_metadata(format_, private_media):
    """No stored file says where or with what a picture was taken, the master included."""
    content = samples.with_metadata(format_)
    assert SECRET in content
    create_picture(upload(content))
    files = stored(private_media)
    assert set(files) == {"original.jpg", "480.avif", "480.jpg", "share.jpg"}
    for file in files.values():
        image = read(file)
        assert SECRET not in file
        assert not image.getexif()
        assert not {"exif", "xmp", "icc_profile", "comment", "photoshop"} & set(image.info)


@pytest.mark.django_db
def test_create_keeps_no_second_file(private_media):
    """Whatever hides behind or inside a picture is not stored."""
    script = b"<script>alert(1)</script>"
    content = encode(half_red(), comment=script) + b"PK\x03\x04" + SECRET
    create_picture(upload(content, "picture.html"))
    for name, file in stored(private_media).items():
        assert name in {"original.jpg", "480.avif", "480.jpg", "share.jpg"}
        assert SECRET not in file
        assert script not in file


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("orientation", "format_"),
    [*itertools.product(range(1, 9), ["JPEG"]), *((6, f) for f in FORMATS)],
)
def test_create_turns_upright(orientation, format_, private_media):
    """A picture is stored as people see it, however the camera was held."""
    picture = create_picture(upload(samples.with_orientation(orientation, format_)))
    assert (picture.width, picture.height) == (640, 400)
    assert all(shows_half_red(read(file)) for file in stored(private_media).values())


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")  # Pillow's
def test_check_ignores_unreadable_metadata():
    """A good picture with broken metadata is taken."""
    broken = b"Exif\0\0II*\0\xff\xff\xff\x7f"
    decode(upload(encode(half_red(), exif=broken)))
    decode(upload(encode(half_red(), exif=b"Exif\0\0nonsense")))
    decode(upload(encode(half_red(), icc_profile=b"no profile at all")))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content",
    [
        encode(half_red(mode="CMYK")),
        encode(half_red().quantize(16), "PNG"),
        encode(half_red(mode="RGBA"), "PNG"),
        encode(half_red(mode="RGBA"), "WEBP"),
        samples.two_in_one(),
        encode(half_red(), progressive=True),
        encode(half_red((5000, 5000))),
    ],
    ids=["cmyk", "palette", "opaque png", "opaque webp", "two in one", "progressive", "large"],
)
def test_create_keeps_colours(content, private_media):
    """Pictures of every mode look as they did, and opaque ones become JPEGs."""
    create_picture(upload(content))
    files = stored(private_media)
    assert "original.jpg" in files
    assert all(shows_half_red(read(file)) for file in files.values())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "colour"),
    [
        (samples.deep_png((0x8080,)), (128, 128, 128)),
        (samples.deep_png((0xE0E0, 0x2020, 0x8080)), (224, 32, 128)),
        (encode(Image.new("L", (400, 300), 90)), (90, 90, 90)),
        (encode(Image.new("L", (400, 300), 90), "PNG"), (90, 90, 90)),
        (encode(Image.new("1", (400, 300), 1), "PNG"), (255, 255, 255)),
    ],
    ids=["16-bit grey", "16-bit colour", "grey jpeg", "grey png", "bits"],
)
def test_create_keeps_tones(content, colour, private_media):
    """Greys and deep colours keep their tone."""
    create_picture(upload(content))
    for file in stored(private_media).values():
        assert is_close(read(file).convert("RGB").getpixel((10, 10)), colour, 3)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content",
    [
        encode(samples.see_through(), "PNG"),
        encode(samples.see_through(), "WEBP"),
        encode(samples.see_through(), "AVIF"),
        encode(samples.see_through().quantize(16), "PNG"),
        encode(samples.see_through().convert("LA"), "PNG"),
        encode(samples.see_through(), "PNG", icc_profile=samples.swapped_profile()),
    ],
    ids=["png", "webp", "avif", "palette", "grey", "with profile"],
)
def test_create_keeps_transparency(content, private_media):
    """What is transparent stays so in the master and AVIF, and is white in JPEG."""
    create_picture(upload(content))
    files = stored(private_media)
    below = (100, 280)
    assert read(files["original.png"]).getpixel(below)[3] == 0
    assert read(files["480.avif"]).getpixel(below)[3] == 0
    for name in ("480.jpg", "share.jpg"):
        assert is_close(
            read(files[name]).getpixel(below if name != "share.jpg" else (600, 600)),
            (255, 255, 255),
        )


@pytest.mark.django_db
@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_create_converts_profile(format_, mode, private_media):
    """Colours of another colour space are converted, as no file keeps its profile."""
    swapped = half_red()
    red, green, blue = swapped.split()
    swapped = Image.merge("RGB", (blue, green, red)).convert("RGB" if format_ == "JPEG" else mode)
    create_picture(upload(encode(swapped, format_, icc_profile=samples.swapped_profile())))
    assert all(shows_half_red(read(file)) for file in stored(private_media).values())


# Renditions


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("width", "widths"),
    [
        (330, [330]),
        (480, [480]),
        (1599, [480, 960]),
        (1600, [480, 960, 1600]),
        (3000, [480, 960, 1600]),
    ],
)
def test_renditions_never_enlarged(width, widths, private_media):
    """There is a rendition in each width that the picture has, else one in its own."""
    picture = create_picture(upload(encode(half_red((width, width // 2)))))
    expected = {f"{size}.{kind}" for size in widths for kind in ("avif", "jpg")} | {"share.jpg"}
    assert {rendition.name for rendition in picture.renditions.all()} == expected
    assert picture.width == min(width, processing.MASTER_WIDTH)
    files = stored(private_media)
    for rendition in picture.renditions.all():
        image = read(files[rendition.name])
        assert image.size == (rendition.width, rendition.height)
        assert image.format == ("AVIF" if rendition.name.endswith("avif") else "JPEG")
        assert rendition.bytes == len(files[rendition.name])


@pytest.mark.django_db
def test_srcset_names_every_width(django_assert_num_queries):
    """The templates' values hold the addresses in order of width, without a query of their own."""
    made = create_picture(upload(encode(half_red((2000, 1000)))))
    picture = Picture.objects.prefetch_related("renditions").get(pk=made.pk)
    with django_assert_num_queries(0):
        assert picture.avif_srcset == ", ".join(
            f"/media/{made.uuid}/{width}.avif {width}w" for width in (480, 960, 1600)
        )
        assert picture.jpeg_srcset == picture.avif_srcset.replace(".avif", ".jpg")
        assert picture.fallback.name == "960.jpg"


@pytest.mark.django_db
def test_srcset_of_nothing():
    """A picture without renditions has no addresses."""
    picture = Picture.objects.create(width=640, height=400)
    assert (picture.avif_srcset, picture.fallback) == ("", None)


@pytest.mark.django_db
@pytest.mark.parametrize(("focal_y", "colour"), [(0.0, RED), (1.0, BLUE)])
def test_share_follows_focal_point(focal_y, colour, private_media):
    """The picture for sharing is cut around the focal point, and its old file is discarded."""
    picture = create_picture(upload(encode(half_red((800, 1600)))))
    before = picture.renditions.get(name="share.jpg")
    picture.focal_y = focal_y
    library.redraw_share(picture)
    library.delete_discarded_files(timezone.now() + dt.timedelta(days=30))
    share = picture.renditions.get(name="share.jpg")
    assert share.file.name != before.file.name
    files = stored(private_media)
    image = read(files[PurePosixPath(share.file.name).name])
    assert image.size == (share.width, share.height) == (1200, 630)
    assert is_close(image.getpixel((600, 20)), colour)
    assert is_close(image.getpixel((600, 610)), colour)
    assert len(files) == 1 + picture.renditions.count()


# Rows and files together


@pytest.mark.django_db
def test_create_notes_person_and_credit(private_media):
    """Credit, licence and uploader are kept; the person's account may go."""
    user = UserFactory()
    picture = create_picture(
        upload(encode(half_red())), credit="A. N. Other", licence="CC0", by=user
    )
    user.delete()
    picture = Picture.objects.get(pk=picture.pk)
    assert (picture.credit, picture.licence, picture.uploaded_by) == ("A. N. Other", "CC0", None)
    assert picture.file.name == f"pictures/{picture.uuid}/original.jpg"


@pytest.mark.django_db(transaction=True)
def test_create_encodes_before_it_locks(monkeypatch):
    """Nobody waits for the database while a picture is encoded."""
    locked = []
    encode_ = library.encode
    monkeypatch.setattr(
        library,
        "encode",
        lambda *args, **options: (
            locked.append(connection.in_atomic_block) or encode_(*args, **options)
        ),
    )
    create_picture(upload(encode(half_red())))
    assert locked
    assert not any(locked)


@pytest.mark.django_db
def test_create_leaves_nothing_after_failed_row(monkeypatch, private_media):
    """If a row cannot be written, neither the rows before it nor any file stay."""

    def refuse(*args, **options):
        raise DatabaseError

    monkeypatch.setattr(Rendition, "save", refuse)
    with pytest.raises(DatabaseError):
        create_picture(upload(encode(half_red())))
    assert not Picture.objects.exists()
    assert stored(private_media) == {}


@pytest.mark.django_db
def test_create_leaves_nothing_on_full_disk(monkeypatch, private_media):
    """A file of which only a part could be written goes too."""
    save = FileSystemStorage._save

    def fill_up(storage, name, content):
        save(storage, name, content)
        if name.endswith("480.jpg"):
            raise OSError

    monkeypatch.setattr(FileSystemStorage, "_save", lambda *args: fill_up(*args) or args[1])
    with pytest.raises(OSError, match=r"^$"):
        create_picture(upload(encode(half_red())))
    assert not Picture.objects.exists()
    assert stored(private_media) == {}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "delete",
    [
        lambda picture: picture.delete(),
        lambda picture: Picture.objects.filter(pk=picture.pk).delete(),
    ],
    ids=["one", "bulk"],
)
def test_delete_removes_files_after_a_month(delete, private_media):
    """A deleted picture's files stay for backups, and go with the worker's daily work."""
    delete(create_picture(upload(encode(half_red()))))
    month = timezone.now() + dt.timedelta(days=30)
    library.delete_discarded_files(month - dt.timedelta(hours=1))
    assert len(stored(private_media)) == 4
    worker.daily(month)
    assert stored(private_media) == {}
    assert not DiscardedFile.objects.exists()


@pytest.mark.django_db
def test_file_that_cannot_be_deleted_stays_discarded(monkeypatch, private_media):
    """The worker goes on, and tries again on the next day."""
    create_picture(upload(encode(half_red()))).delete()
    month = timezone.now() + dt.timedelta(days=30)
    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "delete", Mock(side_effect=PermissionError))
        library.delete_discarded_files(month)
    assert DiscardedFile.objects.count() == 4
    library.delete_discarded_files(month)
    assert stored(private_media) == {}


@pytest.mark.django_db
def test_delete_of_used_picture_refused(private_media):
    """A picture that an edition uses cannot be deleted, and its files stay."""
    picture = create_picture(upload(encode(half_red())))
    make_public(picture=picture, picture_alt="Two flags")
    with pytest.raises(ProtectedError), transaction.atomic():
        picture.delete()
    assert not DiscardedFile.objects.exists()
    assert len(stored(private_media)) == 4


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [{"width": 0}, {"height": 0}, *({a: v} for a in ("focal_x", "focal_y") for v in (-0.1, 1.1))],
)
def test_picture_constraints(wrong):
    """A picture has a size, and its focal point lies inside it."""
    with pytest.raises(IntegrityError), transaction.atomic():
        Picture.objects.create(**{"width": 640, "height": 400, **wrong})


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"width": 0}, {"height": 0}, {"bytes": 0}, {"name": "480.jpg"}])
def test_rendition_constraints(wrong):
    """A rendition has a size and a name of its own."""
    picture = Picture.objects.create(width=640, height=400)
    right = {"picture": picture, "width": 480, "height": 300, "bytes": 1}
    Rendition.objects.create(**right, name="480.jpg")
    with pytest.raises(IntegrityError), transaction.atomic():
        Rendition.objects.create(**{**right, "name": "480.avif", **wrong})


# Who may see it


@pytest.mark.django_db
def test_public_follows_editions():
    """A picture is public exactly while a public edition uses it."""
    unused, drafted, scheduled, shown, gone = (
        create_picture(upload(encode(half_red((320, 200))))) for _ in range(5)
    )
    use = {"picture_alt": "Two flags"}
    make_draft(picture=drafted, **use)
    now = timezone.now()
    make_public(picture=scheduled, at=now + SPARE_DAYS, **use)
    make_public(picture=shown, **use)
    edition = make_public(picture=gone, **use)
    withdraw(edition.article, reason="Wrong")
    assert set(Picture.objects.public()) == {shown}
    assert set(Picture.objects.public(now + 2 * SPARE_DAYS)) == {shown, scheduled}
    assert unused not in Picture.objects.public(now + 2 * SPARE_DAYS)
