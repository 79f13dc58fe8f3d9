"""Pictures and rows with everything on them, for the tests of the public pages."""

import io
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from articles.caching.batch import batched_refresh
from articles.models import Edition, Picture
from articles.pictures.library import create_picture
from engagements.models import Engagement, Topic
from tests.factories import (
    ActionFactory,
    EngagementFactory,
    OutcomeFactory,
    SourceFactory,
    make_public,
)


def make_picture(size: tuple[int, int] = (320, 180), **fields: Any) -> Picture:
    """Return a stored picture with its renditions: three if it is of 320 × 180 pixels."""
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, "JPEG")
    upload = SimpleUploadedFile("teal.jpg", file.getvalue(), content_type="image/jpeg")
    return create_picture(upload, **fields)


def make_full_engagement(topics: list[Topic], **fields: Any) -> Engagement:
    """Return a public engagement with two outcomes of two actions each, and a source."""
    with batched_refresh():
        visit = EngagementFactory(topics=topics, **fields)
        source = SourceFactory(engagement=visit)
        for _outcome in range(2):
            outcome = OutcomeFactory(engagement=visit)
            outcome.sources.add(source)
            ActionFactory.create_batch(2, outcome=outcome)
    return visit


def make_full_article(topics: list[Topic], **content: Any) -> Edition:
    """Return a public edition with a picture and topics, about an engagement with everything."""
    content.setdefault("engagement", make_full_engagement(topics))
    return make_public(topics=topics, picture=make_picture(), picture_alt="A square", **content)
