"""Pictures as answers. Who may see one is the caller's question."""

from pathlib import PurePosixPath

from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase

from articles.models import Picture

# Short, so that a withdrawn picture leaves the caches soon.
MAX_AGE_SECONDS = 60
# Python's own table learnt of AVIF in 3.13.
CONTENT_TYPES = {".avif": "image/avif", ".jpg": "image/jpeg"}


def picture_response(picture: Picture, name: str) -> HttpResponseBase:
    """Answer with the rendition `name` ("960.avif"); raise `Http404` where there is none.

    Where the operator configured `SENDFILE_PREFIX`, the web server in front sends the file.
    """
    rendition = picture.renditions.filter(name=name).first()
    if rendition is None:
        raise Http404
    content_type = CONTENT_TYPES[PurePosixPath(name).suffix]
    response: HttpResponseBase
    if settings.SENDFILE_PREFIX:
        response = HttpResponse(content_type=content_type)
        response["X-Accel-Redirect"] = f"{settings.SENDFILE_PREFIX}{rendition.file.name}"
    else:
        try:
            response = FileResponse(rendition.file.open("rb"), content_type=content_type)
        except FileNotFoundError:
            raise Http404 from None
    response["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}"
    return response
