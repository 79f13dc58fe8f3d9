"""The admin of engagements. Topics are ours, so taggit's own tags have no page."""

from django.contrib import admin
from taggit.models import Tag

from engagements.admin import actions, engagement, parties, places

__all__ = ["actions", "engagement", "parties", "places"]

admin.site.unregister(Tag)
