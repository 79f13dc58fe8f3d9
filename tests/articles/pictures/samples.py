"""Pictures and files that pretend to be pictures, made in memory."""

import io
import struct
import zlib
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageCms, ImageDraw

# Stands in every piece of metadata, so that a search of the bytes finds what was kept.
SECRET = b"the-place-of-the-meeting"
ORIENTATION, GPS, MAKE = 0x0112, 0x8825, 0x010F  # EXIF tags
RED, BLUE = (220, 20, 20), (20, 20, 220)


def upload(content: bytes, name: str = "picture.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/jpeg")


def encode(image: Image.Image, format: str = "JPEG", **options: Any) -> bytes:  # noqa: A002
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def half_red(size: tuple[int, int] = (640, 400), mode: str = "RGB") -> Image.Image:
    """Return a picture whose top half is red, on blue."""
    image = Image.new("RGB", size, BLUE)
    ImageDraw.Draw(image).rectangle((0, 0, size[0], size[1] // 2 - 1), fill=RED)
    return image.convert(mode)


def with_orientation(orientation: int, format: str = "JPEG") -> bytes:  # noqa: A002
    """Return a picture of 400 × 640 or 640 × 400 whose upright form is `half_red()`."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    image = half_red()
    if orientation in undo:
        image = image.transpose(undo[orientation])
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return encode(image, format, exif=exif)


def with_metadata(format: str) -> bytes:  # noqa: A002 - Pillow's name
    """Return a picture with a place in EXIF, XMP and, where the format knows them, the rest."""
    exif = Image.Exif()
    exif[MAKE] = SECRET.decode()
    exif.get_ifd(GPS).update({1: "N", 2: (36.0, 46.0, 12.0), 29: SECRET.decode()})
    options: dict[str, Any] = {"exif": exif, "xmp": b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"}
    options["icc_profile"] = swapped_profile() + SECRET
    if format == "JPEG":
        options["comment"] = SECRET
        iptc = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00" + struct.pack(">I", len(SECRET)) + SECRET
        options["extra"] = b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc
    elif format == "PNG":
        from PIL.PngImagePlugin import PngInfo  # noqa: PLC0415 - of this format only

        text = PngInfo()
        text.add_itxt("XML:com.adobe.xmp", options.pop("xmp").decode())
        text.add_text("Comment", SECRET.decode())
        options["pnginfo"] = text
    return encode(half_red(), format, **options)


def swapped_profile() -> bytes:
    """Return the profile of an RGB space whose red is sRGB's blue and the other way round."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    tags = profile[128:512].replace(b"rXYZ", b"----").replace(b"bXYZ", b"rXYZ")
    return profile[:128] + tags.replace(b"----", b"bXYZ") + profile[512:]


def animated(format: str) -> bytes:  # noqa: A002 - Pillow's name
    frames = [Image.new("RGB", (400, 300), colour) for colour in ("red", "green", "blue")]
    return encode(frames[0], format, save_all=True, append_images=frames[1:])


def two_in_one() -> bytes:
    """Return a JPEG as telephones make it: the picture, and a second one for depth or light."""
    return encode(half_red(), "MPO", save_all=True, append_images=[half_red((64, 40))])


def many_scans(count: int) -> bytes:
    """Return a progressive JPEG whose last scan is repeated `count` times."""
    content = encode(half_red(), progressive=True)
    scan = content[content.rindex(b"\xff\xda") : -2]
    return content[:-2] + scan * count + content[-2:]


def png(size: tuple[int, int], rows: bytes, *, depth: int = 8, colour: int = 2) -> bytes:
    """Return a PNG of `rows` (filter byte, samples); `size` may claim what `rows` do not hold."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def deep_png(samples: tuple[int, ...]) -> bytes:
    """Return a PNG of one colour with 16 bits a sample: one sample (grey) or three (RGB)."""
    row = b"\0" + struct.pack(f">{len(samples)}H", *samples) * 400
    return png((400, 300), row * 300, depth=16, colour={1: 0, 3: 2}[len(samples)])


def see_through(size: tuple[int, int] = (640, 400)) -> Image.Image:
    """Return a picture whose top half is red and whose lower half is transparent black."""
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    image.paste((*RED, 255), (0, 0, size[0], size[1] // 2))
    return image


def no_pictures() -> dict[str, bytes]:
    """Return files of kinds that are not taken, each under a telling name."""
    still = half_red()
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="640" height="400"><script/></svg>'
    return {
        "empty": b"",
        "text": b"A note that calls itself a picture.",
        "svg": svg,
        "svg after a declaration": b'<?xml version="1.0"?>' + svg,
        "html": b"<!doctype html><script>alert(1)</script>",
        "zip": b"PK\x03\x04" + bytes(60),
        "pdf": b"%PDF-1.7\n" + bytes(60),
        "heic": struct.pack(">I", 24) + b"ftypheic\0\0\0\0mif1heic" + bytes(100),
        "gif": encode(still, "GIF"),
        "moving gif": animated("GIF"),
        "tiff": encode(still, "TIFF"),
        "bmp": encode(still, "BMP"),
        "icon": encode(still.resize((256, 256)), "ICO"),
        "jpeg's first bytes": b"\xff\xd8\xff\xe0",
        "png's first bytes": b"\x89PNG\r\n\x1a\n",
        "nul bytes": bytes(1000),
    }
