"""Uploaded pictures: judged by their content, freed of metadata, made small enough to send."""

import hashlib
import io
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageCms, ImageOps

from articles.models import Picture, Rendition
from articles.models.pictures import SHARE_NAME, private_storage
from articles.receivers import one_refresh

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000
MIN_WIDTH = 320
MAX_SCANS = 200  # of a progressive JPEG; programs write about ten
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF")
WIDTHS = (480, 960, 1600)
SHARE_SIZE = (1200, 630)
MASTER_WIDTH = 2400  # no rendition needs more

_NO_PICTURE = _(
    "This is not a readable picture of a kind that we take. Choose a JPEG, PNG, WebP or AVIF."
)
_TOO_MANY_PIXELS = _(
    "The picture has more than %(limit)d million pixels. Make it smaller and upload it again."
)
_BROKEN = _("The picture is damaged or incomplete. Export it anew and upload it again.")

_ORIENTATION = 0x0112  # EXIF's tag
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = {5, 6, 7, 8}


def _refuse(sentence: Any, code: str, **params: Any) -> ValidationError:
    return ValidationError(sentence, code=code, params=params)


def _open(upload: BinaryIO) -> Image.Image:
    """Return the picture, its header read; raise `ValidationError` with the reason why not."""
    upload.seek(0)
    try:
        image = Image.open(upload, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _refuse(_TOO_MANY_PIXELS, "pixels", limit=MAX_PIXELS // 1_000_000) from None
    except Exception:  # noqa: BLE001 - decoders raise nearly anything on hostile files
        raise _refuse(_NO_PICTURE, "kind") from None
    # The header's word, before anything is decoded: this is where a bomb is stopped.
    if image.width * image.height > MAX_PIXELS:
        raise _refuse(_TOO_MANY_PIXELS, "pixels", limit=MAX_PIXELS // 1_000_000)
    # MPO is a telephone's JPEG with a second picture for depth or light: the first one is meant.
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise _refuse(_("The picture moves. Upload a still one."), "animated")
    if image.info.get("progressive"):
        # Each scan goes over every pixel, and 100,000 empty ones fit into a file that we take.
        upload.seek(0)
        if upload.read().count(b"\xff\xda") > MAX_SCANS:
            raise _refuse(_BROKEN, "broken")
    return image


def check_upload(upload: Any) -> None:
    """Raise `ValidationError` with a sentence if `upload` is no picture that we take.

    The name and the type that a browser claims play no part.
    """
    _decode(upload)


def _decode(upload: Any) -> Image.Image:
    """Return the upright picture in sRGB, without metadata: "RGB", or "RGBA" if transparent."""
    if upload.size > MAX_BYTES:
        raise _refuse(
            _("The file is larger than %(limit)d MB. Make it smaller and upload it again."),
            "size",
            limit=MAX_BYTES // 1024**2,
        )
    image = _open(upload)
    try:
        orientation = _orientation(image)
        limit = (MASTER_WIDTH, MASTER_WIDTH * 4)
        if orientation in _SIDEWAYS:
            limit = (limit[1], limit[0])
        # A JPEG can be decoded at a half or a quarter for nothing.
        image.draft("RGB", (MASTER_WIDTH, MASTER_WIDTH))
        image.load()
        profile = image.info.get("icc_profile")
        image = _scalable(image)
        image.thumbnail(limit, Image.Resampling.LANCZOS)
        image = _in_srgb(image, profile)
        if orientation in _UPRIGHT:
            image = image.transpose(_UPRIGHT[orientation])
    except Exception:  # noqa: BLE001 - decoders raise nearly anything on hostile files
        raise _refuse(_BROKEN, "broken") from None
    if image.width < MIN_WIDTH:
        raise _refuse(
            _("The picture is narrower than %(limit)d pixels: too small for a page."),
            "small",
            limit=MIN_WIDTH,
        )
    # A new picture of the pixels alone: nothing of the file's other contents comes along.
    clean = Image.new(image.mode, image.size)
    clean.paste(image)
    return clean


def _orientation(image: Image.Image) -> int:
    """Return EXIF's orientation, 1 to 8; 1 if there is none or it cannot be read."""
    try:
        return image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - broken metadata is no reason to refuse a picture
        return 1


def _scalable(image: Image.Image) -> Image.Image:
    """Return the picture in a mode that scales smoothly: "L", "RGB", "CMYK", "RGBA" or "LA"."""
    if image.mode.startswith("I;16") or image.mode == "I":
        return image.point(lambda value: value / 256).convert("L")
    if image.mode in ("RGBA", "LA"):
        # Many programs write an alpha channel that hides nothing.
        is_opaque = image.getchannel("A").getextrema() == (255, 255)
        return image.convert(image.mode.removesuffix("A")) if is_opaque else image
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    alpha = image.getchannel("A") if image.mode in ("RGBA", "LA") else None
    if alpha:
        image = image.convert(image.mode.removesuffix("A"))
    if profile:
        # An unreadable profile, or one of another mode, is better ignored than a picture refused.
        with suppress(ImageCms.PyCMSError, OSError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            image = ImageCms.profileToProfile(image, source, target, outputMode="RGB") or image
    image = image.convert("RGB")
    if alpha:
        image.putalpha(alpha)
    return image


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _encode(image: Image.Image, format: str, **options: Any) -> bytes:  # noqa: A002 - Pillow's name
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def _share(image: Image.Image, picture: Picture) -> bytes:
    """Return the crop for sharing, as near to the picture's focal point as its shape allows."""
    centre = (picture.focal_x, picture.focal_y)
    share = ImageOps.fit(_on_white(image), SHARE_SIZE, centering=centre)
    return _encode(share, "JPEG", quality=80, progressive=True)


def _renditions(
    image: Image.Image, picture: Picture, kept: Iterable[int] = ()
) -> Iterator[tuple[str, tuple[int, int], bytes]]:
    """Yield name, size and bytes of every rendition; but for "share", none is enlarged.

    Under the names of widths that are `kept` there is something, though it may be smaller.
    """
    widths = {width for width in WIDTHS if width <= image.width} or {image.width}
    for name in sorted(widths.union(kept)):
        width = min(name, image.width)
        height = max(1, round(image.height * width / image.width))
        small = image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
        yield f"{name}.avif", small.size, _encode(small, "AVIF", quality=58, speed=8)
        jpeg = _encode(_on_white(small), "JPEG", quality=80, progressive=True, optimize=True)
        yield f"{name}.jpg", small.size, jpeg
    yield SHARE_NAME, SHARE_SIZE, _share(image, picture)


class SamePictureError(ValidationError):
    """The picture is in the library already: `picture`."""

    def __init__(self, picture: Picture) -> None:
        super().__init__(_("This picture is in the library already."), code="same")
        self.picture = picture


def _digest(image: Image.Image) -> str:
    told = hashlib.sha256(f"{image.mode} {image.size}".encode())
    told.update(image.tobytes())
    return told.hexdigest()


def _name_of(upload: Any) -> str:
    """Return the file's name as a person may read it: without signs that cannot be seen."""
    return "".join(sign for sign in upload.name or "" if sign.isprintable())[-200:]


def create_picture(
    upload: Any, *, credit: str = "", licence: str = "", by: Any = None, only_new: bool = False
) -> Picture:
    """Store `upload` (a Django file) as a picture with its renditions.

    Raises `ValidationError` as `check_upload` does, and `SamePictureError` for one that is there
    already if it is to be `only_new`. If the transaction fails, the files go too.
    """
    image = _decode(upload)
    digest = _digest(image)
    known = Picture.objects.filter(digest=digest).first() if only_new else None
    if known:
        raise SamePictureError(known)
    picture = Picture(
        name=_name_of(upload), digest=digest, credit=credit, licence=licence, uploaded_by=by
    )
    _store(picture, image, f"pictures/{picture.uuid}")
    return picture


def replace_file(picture: Picture, upload: Any) -> None:
    """Put another file in the place of a picture's; its addresses stay, the old file goes.

    Raises `ValidationError` as `check_upload` does, and `SamePictureError` for a file that is
    there already.
    """
    image = _decode(upload)
    digest = _digest(image)
    known = Picture.objects.filter(digest=digest).first()
    if known:
        raise SamePictureError(known)
    renditions = list(picture.renditions.all())
    old = [picture.file.name, *(rendition.file.name for rendition in renditions)]
    widths = [rendition.name.removesuffix(".jpg") for rendition in renditions]
    picture.name, picture.digest, picture.replaced_at = _name_of(upload), digest, timezone.now()
    with transaction.atomic():
        _store(picture, image, _new_directory(picture), [int(w) for w in widths if w.isdecimal()])
        for name in filter(None, old):
            transaction.on_commit(partial(private_storage().delete, name))


def _new_directory(picture: Picture) -> str:
    """Return where a picture's later files stand: no name of a file is ever used again."""
    return f"pictures/{picture.uuid}/{secrets.token_hex(4)}"


def _store(picture: Picture, image: Image.Image, directory: str, kept: Iterable[int] = ()) -> None:
    """Write a picture and its renditions, rows and files; if a row fails, the files go too."""
    picture.width, picture.height = image.size
    transparent = image.mode == "RGBA"
    master = _encode(image, "PNG") if transparent else _encode(image, "JPEG", quality=92)
    # Encoding takes a second: before the transaction, as SQLite has one writer at a time.
    renditions = list(_renditions(image, picture, kept))
    written = []
    try:
        with transaction.atomic(), one_refresh():
            # Noted before it is written: a full disk leaves a part of a file.
            written.append(f"{directory}/original.{'png' if transparent else 'jpg'}")
            picture.file.save(written[-1], ContentFile(master), save=False)
            picture.save()
            rows = {row.name: row for row in picture.renditions.all()}
            for name, (width, height), content in renditions:
                rendition = rows.get(name) or Rendition(picture=picture, name=name)
                rendition.width, rendition.height, rendition.bytes = width, height, len(content)
                written.append(f"{directory}/{name}")
                rendition.file.save(written[-1], ContentFile(content), save=False)
                rendition.save()
    except BaseException:
        for name in written:
            private_storage().delete(name)
        raise


def redraw_share(picture: Picture) -> None:
    """Cut the crop for sharing anew from the master, after the focal point has moved."""
    share = picture.renditions.filter(name=SHARE_NAME).first()
    if share is None:
        return
    with picture.file.open("rb") as master:
        content = _share(Image.open(master), picture)
    old = str(share.file.name)
    share.bytes = len(content)
    # Under another name, so the old one stays whole until the commit.
    name = f"{_new_directory(picture)}/{SHARE_NAME}"
    share.file.save(name, ContentFile(content), save=False)
    with transaction.atomic():
        share.save()
        transaction.on_commit(lambda: private_storage().delete(old))
