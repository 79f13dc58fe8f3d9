"""Creates pictures of the library, replaces their files, and redraws their crops for sharing."""

import datetime as dt
import logging
import secrets
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from PIL import Image

from articles.caching.batch import batched_refresh
from articles.models import DiscardedFile, Picture, Rendition
from articles.models.pictures import KEEP_DISCARDED, SHARE_NAME, discard, private_storage
from articles.pictures.processing import decode, digest_of, encode, renditions_of, share_crop

logger = logging.getLogger(__name__)


class SamePictureError(ValidationError):
    """The upload equals `picture`, which is in the library already."""

    def __init__(self, picture: Picture) -> None:
        super().__init__(_("This picture is in the library already."), code="same")
        self.picture = picture


class Upload(NamedTuple):
    """An uploaded picture, decoded and not stored yet; `known` has the same pixels."""

    name: str
    image: Image.Image
    digest: str
    known: Picture | None


def read_upload(file: Any) -> Upload:
    """Decode a Django file; raise `ValidationError` as `decode` does."""
    image = decode(file)
    digest = digest_of(image)
    # Without unprintable characters.
    name = "".join(sign for sign in file.name or "" if sign.isprintable())[-200:]
    return Upload(name, image, digest, Picture.objects.filter(digest=digest).first())


def store_upload(upload: Upload, *, credit: str = "", licence: str = "", by: Any = None) -> Picture:
    """Store an upload as a picture with its renditions. If the transaction fails, no file stays."""
    picture = Picture(
        name=upload.name, digest=upload.digest, credit=credit, licence=licence, uploaded_by=by
    )
    _store(picture, upload.image, f"pictures/{picture.uuid}")
    return picture


def create_picture(file: Any, *, only_new: bool = False, **fields: Any) -> Picture:
    """Store a Django file as a picture; `fields` as `store_upload` takes them.

    Raises `ValidationError` as `decode` does, and `SamePictureError` for one that is there
    already if it is to be `only_new`.
    """
    upload = read_upload(file)
    if only_new and upload.known:
        raise SamePictureError(upload.known)
    return store_upload(upload, **fields)


def replace_file(picture: Picture, file: Any, *, by: Any) -> None:
    """Replace a picture's file, keep its addresses, and discard the old file.

    Raises `ValidationError` as `decode` does, and if an approval has taken it out of the person's
    hands meanwhile; `SamePictureError` if the library has the picture.
    """
    upload = read_upload(file)
    if upload.known:
        raise SamePictureError(upload.known)
    renditions = list(picture.renditions.all())
    old = [picture.file.name, *(rendition.file.name for rendition in renditions)]
    widths = [rendition.name.removesuffix(".jpg") for rendition in renditions]
    picture.name, picture.digest = upload.name, upload.digest
    picture.replaced_at = timezone.now()
    with transaction.atomic():
        # An approval holds the lock until its end.
        Picture.objects.select_for_update().get(pk=picture.pk)
        if not Picture.objects.describable_by(by).filter(pk=picture.pk).exists():
            message = _("It was approved meanwhile: ask an editor to replace it.")
            raise ValidationError(message, code="approved")
        numbers = [int(width) for width in widths if width.isdecimal()]
        _store(picture, upload.image, _new_directory(picture), numbers)
        discard(old)


def _new_directory(picture: Picture) -> str:
    """Return a directory for a picture's new files, since no file name is used twice."""
    return f"pictures/{picture.uuid}/{secrets.token_hex(4)}"


def _store(
    picture: Picture, image: Image.Image, directory: str, widths: Iterable[int] = ()
) -> None:
    """Write a picture and its renditions, rows and files; if a row fails, delete the files."""
    picture.width, picture.height = image.size
    transparent = image.mode == "RGBA"
    master = encode(image, "PNG") if transparent else encode(image, "JPEG", quality=92)
    # Before the transaction: encoding takes a second, and SQLite has one writer at a time.
    renditions = list(renditions_of(image, picture, widths))
    written = []
    try:
        with transaction.atomic(), batched_refresh():
            # Recorded before writing, because a full disk leaves a part of a file.
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
    """Make the crop for sharing again from the master, after the focal point has moved."""
    share = picture.renditions.filter(name=SHARE_NAME).first()
    if share is None:
        return
    with picture.file.open("rb") as master:
        content = share_crop(Image.open(master), picture)
    old = str(share.file.name)
    share.bytes = len(content)
    # Under another name, since no file name is used twice.
    name = f"{_new_directory(picture)}/{SHARE_NAME}"
    share.file.save(name, ContentFile(content), save=False)
    with transaction.atomic():
        share.save()
        discard([old])


def delete_discarded_files(at: dt.datetime) -> None:
    """Delete the files that were discarded 30 days before a moment; called once a day."""
    for file in DiscardedFile.objects.filter(discarded_at__lte=at - KEEP_DISCARDED):
        try:
            private_storage().delete(file.name)
        except OSError as error:
            logger.warning("A discarded file could not be deleted: %s", error)
        else:
            file.delete()
