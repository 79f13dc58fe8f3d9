from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, When
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _

from engagements.admin.base import BoundedLists, FoldedSearch, LimitedRows
from engagements.forms import CountryNameFormSet
from engagements.models import Country, CountryName, Region
from engagements.regions import apply_pending_changes, pending_changes
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
class RegionAdmin(BoundedLists):
    list_display = ["name", "slug", "position"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    autocomplete_fields = ["countries"]
    change_form_template = "admin/engagements/region/change_form.html"

    def get_urls(self):
        return [
            path(
                "<int:region_id>/review/",
                self.admin_site.admin_view(self.review),
                name="engagements_region_review",
            ),
            *super().get_urls(),
        ]

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

    def review(self, request, region_id):
        """Show which engagements the present countries add and take away; apply on POST."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        region = get_object_or_404(Region, pk=region_id)
        if request.method == "POST":
            joined, left = apply_pending_changes(region)
            messages.success(
                request,
                _("%(joined)d engagements joined “%(region)s”, %(left)d left it.")
                % {"joined": joined, "left": left, "region": region},
            )
            return redirect("admin:engagements_region_change", region.pk)
        joining, leaving = pending_changes(region)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Engagements of “%s”") % region,
            "opts": self.opts,
            "region": region,
            "joining": joining,
            "leaving": leaving,
        }
        return TemplateResponse(request, "admin/engagements/region/review.html", context)
