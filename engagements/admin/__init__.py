"""The facts' admin. Topics are ours, so taggit's own tags have no page."""

from django.contrib import admin
from taggit.models import Tag

from engagements.admin.actions import ActionAdmin
from engagements.admin.engagement import EngagementAdmin
from engagements.admin.parties import (
    AppointmentAdmin,
    OrganisationAdmin,
    PersonAdmin,
    TopicAdmin,
    TourAdmin,
)
from engagements.admin.places import CountryAdmin, RegionAdmin

admin.site.unregister(Tag)

__all__ = [
    "ActionAdmin",
    "AppointmentAdmin",
    "CountryAdmin",
    "EngagementAdmin",
    "OrganisationAdmin",
    "PersonAdmin",
    "RegionAdmin",
    "TopicAdmin",
    "TourAdmin",
]
