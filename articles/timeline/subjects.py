"""Which topics readers may know of."""

import datetime as dt

from django.db.models import Exists, OuterRef, QuerySet

from articles.models import Edition
from engagements.models import EngagementTopic, Topic
from engagements.visibility import is_public


def public_topics(at: dt.datetime | None = None) -> QuerySet[Topic]:
    """Return the topics of public engagements and articles: another's name tells what is coming."""
    tagged = EngagementTopic.objects.filter(is_public(at, "content_object__"))
    told = Edition.objects.public(at).filter(topic_items__tag=OuterRef("pk"))
    return Topic.objects.filter(Exists(tagged.filter(tag=OuterRef("pk"))) | Exists(told))
