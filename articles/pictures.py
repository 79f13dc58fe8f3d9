"""Uploaded pictures: judged by their content, freed of metadata, made small enough to send."""

import io
from typing import Any, BinaryIO
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from articles.models import Picture, Rendition
from articles.models.pictures import private_storage

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000
MIN_WIDTH = 320
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF")
WIDTHS = (480, 960, 1600)
SHARE_SIZE = (1200, 630)
MASTER_WIDTH = 2400  # no rendition needs more

_NO_PICTURE = _("This file is not a picture of a kind we take. Choose a JPEG, PNG, WebP or AVIF.")
_TOO_MANY_PIXELS = _(
    "The picture has more than %(limit)d million pixels. Make it smaller and upload it again."
)
_BROKEN = _("The picture is damaged or incomplete. Export it anew and upload it again.")


def _refuse(sentence: Any, code: str, **params: Any) -> ValidationError:
    return ValidationError(sentence, code=code, params=params)


def _open(upload: BinaryIO) -> Image.Image:
    """Return the picture, its header read; raise `ValidationError` with the reason why not."""
    upload.seek(0)
    try:
        image = Image.open(upload, formats=FORMATS)
    except Image.DecompressionBombError:
        raise _refuse(_TOO_MANY_PIXELS, "pixels", limit=MAX_PIXELS // 1_000_000) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError):
        raise _refuse(_NO_PICTURE, "kind") from None
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
    if getattr(image, "is_animated", False):
        raise _refuse(_("The picture moves. Upload a still one."), "animated")
    # The header's word, before anything is decoded: this is where a bomb is stopped.
    if image.width * image.height > MAX_PIXELS:
        raise _refuse(_TOO_MANY_PIXELS, "pixels", limit=MAX_PIXELS // 1_000_000)
    try:
        upright_width = (
            ImageOps.exif_transpose(image.copy()).width if image.width < MIN_WIDTH else 0
        )
        if image.width < MIN_WIDTH and upright_width < MIN_WIDTH:
            raise _refuse(
                _("The picture is narrower than %(limit)d pixels: too small for a page."),
                "small",
                limit=MIN_WIDTH,
            )
        # A JPEG can be decoded at a half or a quarter for nothing.
        image.draft("RGB", (MASTER_WIDTH, MASTER_WIDTH))
        image.load()
        profile = image.info.get("icc_profile")
        image = ImageOps.exif_transpose(image)
        image.thumbnail((MASTER_WIDTH, MASTER_WIDTH * 4), Image.Resampling.LANCZOS)
        image = _in_srgb(image, profile)
    except ValidationError:
        raise
    except Exception:  # noqa: BLE001 - decoders raise nearly anything on hostile files
        raise _refuse(_BROKEN, "broken") from None
    # A new picture of the pixels alone: nothing of the file's other contents comes along.
    clean = Image.new(image.mode, image.size)
    clean.paste(image)
    return clean


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if image.mode.startswith("I;16") or image.mode == "I":
        image = image.point(lambda value: value / 256).convert("L")
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if profile and image.mode in ("RGB", "CMYK", "L"):
        try:
            converted = ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode="RGB",
            )
        except ImageCms.PyCMSError:
            pass  # an unreadable profile is better ignored than a picture refused
        else:
            if converted is not None:
                return converted
    return image.convert(mode)


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


def _renditions(image: Image.Image, focal_point: tuple[float, float]):
    """Yield name, size and bytes of every rendition; none is larger than the picture."""
    widths = [width for width in WIDTHS if width <= image.width] or [image.width]
    for width in widths:
        height = max(1, round(image.height * width / image.width))
        small = image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
        yield f"{width}.avif", small.size, _encode(small, "AVIF", quality=58, speed=8)
        jpeg = _encode(_on_white(small), "JPEG", quality=80, progressive=True, optimize=True)
        yield f"{width}.jpg", small.size, jpeg
    share = ImageOps.fit(_on_white(image), SHARE_SIZE, centering=focal_point)
    yield "share.jpg", share.size, _encode(share, "JPEG", quality=80, progressive=True)


def create_picture(upload: Any, *, credit: str = "", licence: str = "", by: Any = None) -> Picture:
    """Store `upload` (a Django file) as a picture with its renditions.

    Raises `ValidationError` as `check_upload` does. If the transaction fails, the files go too.
    """
    image = _decode(upload)
    transparent = image.mode == "RGBA"
    master = _encode(image, "PNG") if transparent else _encode(image, "JPEG", quality=92)
    uuid = uuid4()
    picture = Picture(uuid=uuid, credit=credit, licence=licence, uploaded_by=by)
    picture.width, picture.height = image.size
    written = []
    try:
        with transaction.atomic():
            name = f"pictures/{uuid}/original.{'png' if transparent else 'jpg'}"
            picture.file.save(name, ContentFile(master), save=False)
            written.append(str(picture.file.name))
            picture.save()
            for name, (width, height), content in _renditions(image, (0.5, 0.5)):
                rendition = Rendition(
                    picture=picture, name=name, width=width, height=height, bytes=len(content)
                )
                rendition.file.save(f"pictures/{uuid}/{name}", ContentFile(content), save=False)
                written.append(str(rendition.file.name))
                rendition.save()
    except BaseException:
        for name in written:
            private_storage().delete(name)
        raise
    return picture
