from articles.models.articles import (
    Article,
    Edition,
    EditionTopic,
    Language,
)
from articles.models.outbox import Message
from articles.models.pictures import Picture, Rendition
from articles.models.steps import Step
from articles.models.timeline import ContentVersion, NewsEntry, TimelineEntry, TimelineTotal

__all__ = [
    "Article",
    "ContentVersion",
    "Edition",
    "EditionTopic",
    "Language",
    "Message",
    "NewsEntry",
    "Picture",
    "Rendition",
    "Step",
    "TimelineEntry",
    "TimelineTotal",
]
