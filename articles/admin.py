"""The desk: articles, pictures, and the engagements with what is known of their coverage."""

from articles.authoring.admin import ArticleAdmin
from articles.facts.admin import (
    CoveredEngagementAdmin,
    MergeableOrganisationAdmin,
    MergeablePersonAdmin,
    MergeableTopicAdmin,
)
from articles.pictures.admin import PictureAdmin

__all__ = [
    "ArticleAdmin",
    "CoveredEngagementAdmin",
    "MergeableOrganisationAdmin",
    "MergeablePersonAdmin",
    "MergeableTopicAdmin",
    "PictureAdmin",
]
