"""Checks uploaded pictures by their content, removes metadata, encodes renditions and crops."""

import hashlib
import io
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageCms, ImageOps

from articles.models import Picture
from articles.models.pictures import SHARE_NAME

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000
MIN_WIDTH = 320
# Of a progressive JPEG, whose every scan decodes every pixel; programs write about ten.
MAX_SCANS = 200
MAX_SCANNED_PIXELS = 10 * MAX_PIXELS
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
    """Return the picture with only its header read; raise `ValidationError` if it is refused."""
    upload.seek(0)
    try:
        image = Image.open(upload, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _refuse(_TOO_MANY_PIXELS, "pixels", limit=MAX_PIXELS // 1_000_000) from None
    except Exception:  # noqa: BLE001 - decoders raise nearly anything on hostile files
        raise _refuse(_NO_PICTURE, "kind") from None
    # By the header, before anything is decoded: this is where a bomb is stopped.
    if image.width * image.height > MAX_PIXELS:
        raise _refuse(_TOO_MANY_PIXELS, "pixels", limit=MAX_PIXELS // 1_000_000)
    # MPO is a telephone's JPEG with further pictures for depth or light; the first one counts.
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise _refuse(_("The picture is animated. Upload a still one."), "animated")
    if image.info.get("progressive"):
        # 100,000 empty scans fit into `MAX_BYTES`.
        upload.seek(0)
        scans = upload.read().count(b"\xff\xda")
        if scans > min(MAX_SCANS, MAX_SCANNED_PIXELS // (image.width * image.height)):
            raise _refuse(_BROKEN, "broken")
    return image


def decode(upload: Any) -> Image.Image:
    """Return the upright picture in sRGB, without metadata: "RGB", or "RGBA" if transparent.

    Raises `ValidationError` if `upload` (a Django file) is not an accepted picture, whatever name
    and type the browser sent.
    """
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
        # A JPEG can be decoded at half or a quarter of its size at no cost.
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
    # A new picture of the pixels alone, without other contents of the file.
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
        # Many programs write an alpha channel that is fully opaque.
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
        # A picture is accepted even if its profile is unreadable or of another mode.
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


def encode(image: Image.Image, format: str, **options: Any) -> bytes:  # noqa: A002 - Pillow's name
    """Return the picture as a file of a format of Pillow's."""
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def share_crop(image: Image.Image, picture: Picture) -> bytes:
    """Return the crop for sharing as a JPEG, centred on the focal point as far as possible."""
    centre = (picture.focal_x, picture.focal_y)
    share = ImageOps.fit(_on_white(image), SHARE_SIZE, centering=centre)
    return encode(share, "JPEG", quality=80, progressive=True)


def renditions_of(
    image: Image.Image, picture: Picture, widths: Iterable[int] = ()
) -> Iterator[tuple[str, tuple[int, int], bytes]]:
    """Yield name, size and bytes of every rendition; none but "share" is enlarged.

    Each of `widths` gets a rendition under its name, although the picture may be narrower.
    """
    fitting = {width for width in WIDTHS if width <= image.width} or {image.width}
    for name in sorted(fitting.union(widths)):
        width = min(name, image.width)
        height = max(1, round(image.height * width / image.width))
        small = image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
        yield f"{name}.avif", small.size, encode(small, "AVIF", quality=58, speed=8)
        jpeg = encode(_on_white(small), "JPEG", quality=80, progressive=True, optimize=True)
        yield f"{name}.jpg", small.size, jpeg
    yield SHARE_NAME, SHARE_SIZE, share_crop(image, picture)


def digest_of(image: Image.Image) -> str:
    """Return a hash of the mode, the size and the pixels."""
    digest = hashlib.sha256(f"{image.mode} {image.size}".encode())
    digest.update(image.tobytes())
    return digest.hexdigest()
