from articles.models.articles import Article, Language
from articles.models.audit import AuditEntry
from articles.models.backups import RestoreProof
from articles.models.clean_up import DistinctPair, Finding
from articles.models.comments import Comment
from articles.models.editing_sessions import Autosave, Presence, Submission
from articles.models.editions import Edition
from articles.models.notices import Notice, NoticeSettings, OverdueNotice
from articles.models.outbox import Message
from articles.models.pictures import DiscardedFile, Picture, Rendition, StoryPicture
from articles.models.preview import PreviewLink
from articles.models.review import ReadMarker, ReviewRequest
from articles.models.timeline import (
    ContentVersion,
    FeedEntry,
    ScopeVersion,
    TimelineEntry,
    TimelineTotal,
)
from articles.models.topics import EditionTopic

__all__ = [
    "Article",
    "AuditEntry",
    "Autosave",
    "Comment",
    "ContentVersion",
    "DiscardedFile",
    "DistinctPair",
    "Edition",
    "EditionTopic",
    "FeedEntry",
    "Finding",
    "Language",
    "Message",
    "Notice",
    "NoticeSettings",
    "OverdueNotice",
    "Picture",
    "Presence",
    "PreviewLink",
    "ReadMarker",
    "Rendition",
    "RestoreProof",
    "ReviewRequest",
    "ScopeVersion",
    "StoryPicture",
    "Submission",
    "TimelineEntry",
    "TimelineTotal",
]
