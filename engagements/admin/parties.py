from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from engagements.admin.base import BoundedLists, FoldedSearch, LimitedRows
from engagements.forms import AppointmentForm
from engagements.models import Appointment, Tour


class AppointmentInline(LimitedRows, admin.StackedInline):
    model = Appointment
    form = AppointmentForm
    extra = 0
    autocomplete_fields = ["country", "organisation"]
    fields = ["title", ("country", "organisation"), ("start", "end")]


class OrganisationAdmin(FoldedSearch):
    """As those of people and topics, registered by `articles`, which adds the merge."""

    list_display = ["name", "acronym", "country", "is_fictional"]
    list_filter = ["is_fictional"]
    list_select_related = ["country"]
    search_fields = ["search_text"]
    prepopulated_fields = {"slug": ["name"]}
    autocomplete_fields = ["country"]


class PersonAdmin(FoldedSearch):
    list_display = ["name", "is_fictional"]
    list_filter = ["is_fictional"]
    search_fields = ["search_text"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [AppointmentInline]


@admin.register(Appointment)
class AppointmentAdmin(FoldedSearch):
    form = AppointmentForm
    list_display = ["person", "title", "party", "start", "end"]
    list_select_related = ["person", "country", "organisation"]
    search_fields = ["person__search_text", "title"]
    autocomplete_fields = ["person", "country", "organisation"]
    fields = ["person", "title", ("country", "organisation"), ("start", "end")]

    @admin.display(description=_("for"))
    def party(self, appointment):
        return appointment.party


class TopicAdmin(BoundedLists):
    list_display = ["name", "slug"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    fields = ["name", "slug", "description"]


@admin.register(Tour)
class TourAdmin(BoundedLists):
    list_display = ["title"]
    search_fields = ["title"]
    prepopulated_fields = {"slug": ["title"]}
