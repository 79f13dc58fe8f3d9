"""The desk: articles, pictures, and the engagements with what is known of their coverage."""

from articles.admin.articles import ArticleAdmin
from articles.admin.engagements import CoveredEngagementAdmin
from articles.admin.merging import (
    MergeableOrganisationAdmin,
    MergeablePersonAdmin,
    MergeableTopicAdmin,
)
from articles.admin.pictures import PictureAdmin

__all__ = [
    "ArticleAdmin",
    "CoveredEngagementAdmin",
    "MergeableOrganisationAdmin",
    "MergeablePersonAdmin",
    "MergeableTopicAdmin",
    "PictureAdmin",
]
