"""The page on which the present countries of a region are applied to engagements."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from engagements.admin.pages import desk_page, desk_view
from engagements.models import Region
from engagements.regions import apply_pending_changes, pending_changes


@desk_view("engagements.change_region")
def review(request: HttpRequest, region_id: int) -> HttpResponse:
    """Show which engagements the present countries add and take away; apply on POST."""
    region = get_object_or_404(Region, pk=region_id)
    if request.method == "POST":
        joined, left = apply_pending_changes(region)
        message = _("%(joined)d engagements joined “%(region)s”, %(left)d left it.")
        message %= {"joined": joined, "left": left, "region": region}
        messages.success(request, message)
        return redirect("admin:engagements_region_change", region.pk)
    joining, leaving = pending_changes(region)
    return desk_page(
        request,
        "admin/engagements/region/review.html",
        _("Engagements of “%s”") % region,
        row=region,
        joining=joining,
        leaving=leaving,
    )
