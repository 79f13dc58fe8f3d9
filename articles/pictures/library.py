"""The pictures of the library: taken in, replaced, cut anew for sharing."""

import secrets
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from PIL import Image

from articles.caching.batch import batched_refresh
from articles.models import Picture, Rendition
from articles.models.pictures import SHARE_NAME, private_storage
from articles.pictures.processing import decode, digest_of, encode, renditions_of, share_crop


class SamePictureError(ValidationError):
    """The picture is in the library already: `picture`."""

    def __init__(self, picture: Picture) -> None:
        super().__init__(_("This picture is in the library already."), code="same")
        self.picture = picture


def _name_of(upload: Any) -> str:
    """Return the file's name as a person may read it: without signs that cannot be seen."""
    return "".join(sign for sign in upload.name or "" if sign.isprintable())[-200:]


def create_picture(
    upload: Any, *, credit: str = "", licence: str = "", by: Any = None, only_new: bool = False
) -> Picture:
    """Store `upload` (a Django file) as a picture with its renditions.

    Raises `ValidationError` as `decode` does, and `SamePictureError` for one that is there
    already if it is to be `only_new`. If the transaction fails, the files go too.
    """
    image = decode(upload)
    digest = digest_of(image)
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

    Raises `ValidationError` as `decode` does, and `SamePictureError` for a file that is
    there already.
    """
    image = decode(upload)
    digest = digest_of(image)
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
    master = encode(image, "PNG") if transparent else encode(image, "JPEG", quality=92)
    # Encoding takes a second: before the transaction, as SQLite has one writer at a time.
    renditions = list(renditions_of(image, picture, kept))
    written = []
    try:
        with transaction.atomic(), batched_refresh():
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
        content = share_crop(Image.open(master), picture)
    old = str(share.file.name)
    share.bytes = len(content)
    # Under another name, so the old one stays whole until the commit.
    name = f"{_new_directory(picture)}/{SHARE_NAME}"
    share.file.save(name, ContentFile(content), save=False)
    with transaction.atomic():
        share.save()
        transaction.on_commit(lambda: private_storage().delete(old))
