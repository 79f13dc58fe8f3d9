"""Serves the files of pictures. The caller checks who may see one."""

import hashlib
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response

from articles.models import Picture, Rendition

# Short, so that caches drop a withdrawn picture soon.
MAX_AGE_SECONDS = 60
# Python's `mimetypes` has AVIF since 3.13.
CONTENT_TYPES = {".avif": "image/avif", ".jpg": "image/jpeg"}


def picture_response(
    picture: Picture, name: str, request: HttpRequest | None = None
) -> HttpResponseBase:
    """Answer with the rendition `name` ("960.avif"); raise `Http404` if there is none.

    A conditional `request` is answered with 304 if the client's copy is current. With
    `SENDFILE_PREFIX` the web server in front sends the file.
    """
    rendition = picture.renditions.filter(name=name).first()
    if rendition is None:
        raise Http404
    # A file name is never used twice (`articles.pictures.library`).
    etag = f'"{hashlib.sha256(str(rendition.file.name).encode()).hexdigest()[:16]}"'
    response: Any = get_conditional_response(request, etag=etag) if request else None
    if response is None:
        response = _file_response(rendition, CONTENT_TYPES[PurePosixPath(name).suffix])
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}"
    return response


def _file_response(rendition: Rendition, content_type: str) -> HttpResponseBase:
    if settings.SENDFILE_PREFIX:
        response = HttpResponse(content_type=content_type)
        response["X-Accel-Redirect"] = f"{settings.SENDFILE_PREFIX}{rendition.file.name}"
        return response
    try:
        return FileResponse(rendition.file.open("rb"), content_type=content_type)
    except FileNotFoundError:
        raise Http404 from None
