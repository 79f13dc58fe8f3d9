from articles.models.articles import (
    Article,
    Edition,
    EditionTopic,
    Language,
)
from articles.models.autosave import Autosave, Presence, Submission
from articles.models.clearing import Finding, NotTheSame
from articles.models.comments import Comment
from articles.models.notices import Notice, NoticeSettings, OverdueTold
from articles.models.outbox import Message
from articles.models.pictures import Figure, Picture, Rendition
from articles.models.preview import PreviewLink
from articles.models.review import Look, ReviewRequest
from articles.models.steps import Step
from articles.models.timeline import ContentVersion, NewsEntry, TimelineEntry, TimelineTotal

__all__ = [
    "Article",
    "Autosave",
    "Comment",
    "ContentVersion",
    "Edition",
    "EditionTopic",
    "Figure",
    "Finding",
    "Language",
    "Look",
    "Message",
    "NewsEntry",
    "NotTheSame",
    "Notice",
    "NoticeSettings",
    "OverdueTold",
    "Picture",
    "Presence",
    "PreviewLink",
    "Rendition",
    "ReviewRequest",
    "Step",
    "Submission",
    "TimelineEntry",
    "TimelineTotal",
]
