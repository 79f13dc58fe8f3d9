"""Creates pictures of the library, replaces their files, and redraws their crops for sharing."""

import datetime as dt
import logging
import secrets
import threading
from dataclasses import dataclass, field
from typing import Any

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


# Of a process. The limits of `decode` bound how long the next one waits.
_ONE_AT_A_TIME = threading.Lock()


@dataclass
class Upload:
    """An uploaded picture, decoded, encoded and not stored yet; `known` has the same pixels."""

    name: str
    digest: str
    size: tuple[int, int]
    known: Picture | None
    # The original's and the renditions': name, size and bytes.
    files: list[tuple[str, tuple[int, int], bytes]]
    written: list[str] = field(default_factory=list)

    def discard(self) -> None:
        """Delete the files that were written for rows that a transaction took back."""
        if self.written and not Picture.objects.filter(file=self.written[0]).exists():
            for name in self.written:
                private_storage().delete(name)


def read_upload(file: Any, replaces: Picture | None = None) -> Upload:
    """Decode a Django file, in place of a picture's or as a new one; encode what is to be stored.

    That takes seconds, so it belongs outside of transactions: SQLite has one writer at a time. The
    file remembers the result. Raises `ValidationError` as `decode` does.
    """
    if not hasattr(file, "reading"):
        try:
            with _ONE_AT_A_TIME:
                file.reading = _read(file, replaces)
        except ValidationError as error:
            file.reading = error
    if isinstance(file.reading, ValidationError):
        raise file.reading
    return file.reading


def _read(file: Any, replaces: Picture | None) -> Upload:
    image = decode(file)
    digest = digest_of(image)
    # Without unprintable characters.
    name = "".join(sign for sign in file.name or "" if sign.isprintable())[-200:]
    known = Picture.objects.filter(digest=digest).first()
    names = replaces.renditions.values_list("name", flat=True) if replaces else ()
    widths = [name.removesuffix(".jpg") for name in names]
    numbers = [int(width) for width in widths if width.isdecimal()]
    files = [_original(image), *renditions_of(image, replaces or Picture(), numbers)]
    return Upload(name, digest, image.size, known, files)


def _original(image: Image.Image) -> tuple[str, tuple[int, int], bytes]:
    if image.mode == "RGBA":
        return "original.png", image.size, encode(image, "PNG")
    return "original.jpg", image.size, encode(image, "JPEG", quality=92)


def store_upload(upload: Upload, *, credit: str = "", licence: str = "", by: Any = None) -> Picture:
    """Store an upload as a picture with its renditions.

    If it fails no file stays. Whoever takes back the transaction around it calls `discard()`.
    """
    picture = Picture(credit=credit, licence=licence, uploaded_by=by)
    _store(picture, upload, f"pictures/{picture.uuid}")
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
    upload = read_upload(file, picture)
    if upload.known:
        raise SamePictureError(upload.known)
    old = [picture.file.name, *(row.file.name for row in picture.renditions.all())]
    picture.replaced_at = timezone.now()
    with transaction.atomic():
        # An approval holds the lock until its end.
        Picture.objects.select_for_update().get(pk=picture.pk)
        if not Picture.objects.describable_by(by).filter(pk=picture.pk).exists():
            message = _("It was approved meanwhile: ask an editor to replace it.")
            raise ValidationError(message, code="approved")
        _store(picture, upload, _new_directory(picture))
        discard(old)


def _new_directory(picture: Picture) -> str:
    """Return a directory for a picture's new files, since no file name is used twice."""
    return f"pictures/{picture.uuid}/{secrets.token_hex(4)}"


def _store(picture: Picture, upload: Upload, directory: str) -> None:
    """Write a picture and its renditions, rows and files; if a row fails, delete the files."""
    picture.name, picture.digest = upload.name, upload.digest
    picture.width, picture.height = upload.size
    (original, _size, master), *renditions = upload.files
    try:
        with transaction.atomic(), batched_refresh():
            # Recorded before writing, because a full disk leaves a part of a file.
            upload.written.append(f"{directory}/{original}")
            picture.file.save(upload.written[-1], ContentFile(master), save=False)
            picture.save()
            rows = {row.name: row for row in picture.renditions.all()}
            for name, (width, height), content in renditions:
                rendition = rows.get(name) or Rendition(picture=picture, name=name)
                rendition.width, rendition.height, rendition.bytes = width, height, len(content)
                upload.written.append(f"{directory}/{name}")
                rendition.file.save(upload.written[-1], ContentFile(content), save=False)
                rendition.save()
    except BaseException:
        upload.discard()
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
