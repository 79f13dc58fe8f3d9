from django.contrib import admin, messages
from django.db.models import Case, When
from django.utils.translation import gettext as _

from engagements.admin.base import BoundedLists, FoldedSearch, KeyedAutocompletes, LimitedRows
from engagements.admin.urls import region_urlpatterns
from engagements.forms import CountryNameFormSet
from engagements.models import Country, CountryName, Region
from engagements.regions import pending_changes
from engagements.text import fold


class CountryNameInline(LimitedRows, admin.TabularInline):
    model = CountryName
    formset = CountryNameFormSet
    extra = 0


@admin.register(Country)
class CountryAdmin(FoldedSearch):
    list_display = ["name", "code", "alpha3", "area", "valid_from", "valid_until"]
    list_filter = ["regions", "area"]
    list_select_related = ["area"]
    search_fields = ["search_text", "names__search_text"]
    inlines = [CountryNameInline]

    def get_search_results(self, request, queryset, search_term):
        """Put the country whose code was typed first: "ES" is in the names of many."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        if search_term:
            rank = Case(
                When(code__iexact=search_term.strip(), then=0),
                When(search_text__startswith=fold(search_term), then=1),
                default=2,
            )
            found = found.order_by(rank, "name", "pk")
        return found, may_repeat


@admin.register(Region)
class RegionAdmin(KeyedAutocompletes, BoundedLists):
    list_display = ["name", "slug", "position"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    autocomplete_fields = ["countries"]
    change_form_template = "admin/engagements/region/change_form.html"

    def get_urls(self):
        return [*region_urlpatterns, *super().get_urls()]

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        joining, leaving = pending_changes(form.instance)
        if joining or leaving:
            messages.info(
                request,
                _(
                    "With its present countries, %(joining)d engagements would join this region "
                    "and %(leaving)d would leave it. Nothing has changed yet: use “Review "
                    "engagements”."
                )
                % {"joining": len(joining), "leaving": len(leaving)},
            )
