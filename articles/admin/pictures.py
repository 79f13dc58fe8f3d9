"""Pictures, and how the desk shows one."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from articles.media import picture_response
from articles.models import Picture
from articles.picture_forms import PictureForm
from articles.pictures import redraw_share
from engagements.admin.base import BoundedLists

# What the style sheets crop a picture to, and the words for it.
CROPS = [
    ("square", _("In lists, on a telephone")),
    ("list", _("In lists")),
    ("front", _("At the head of the front page")),
    ("article", _("Above its article, on a wide screen")),
    ("share", _("Shared on other sites")),
]


@admin.register(Picture)
class PictureAdmin(BoundedLists):
    list_display = ["uuid", "width", "height", "credit", "licence", "uploaded_by", "created_at"]
    search_fields = ["credit", "licence"]
    form = PictureForm
    fields = ["focal", ("focal_x", "focal_y"), "credit", "licence"]
    readonly_fields = ["focal"]

    class Media:
        js = ["js/focal-point.js"]

    def has_add_permission(self, request):
        # Pictures come in through an article's form, where their content is checked.
        return False

    def get_urls(self):
        return [
            path(
                "<uuid:uuid>/file/<str:name>",
                self.admin_site.admin_view(self.file),
                name="articles_picture_file",
            ),
            *super().get_urls(),
        ]

    def file(self, request: HttpRequest, uuid, name: str) -> HttpResponseBase:
        """A rendition for the desk, whether or not readers may see the picture."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        response = picture_response(get_object_or_404(Picture, uuid=uuid), name)
        response["Cache-Control"] = "private, no-store"
        return response

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if {"focal_x", "focal_y"} & set(form.changed_data):
            redraw_share(obj)

    @admin.display(description=_("picture"))
    def focal(self, picture):
        """The picture with its focal point, and what that does to every crop."""
        context = {"picture": picture, "src": desk_address(picture), "crops": CROPS}
        return render_to_string("admin/articles/picture/focal.html", context)


def desk_address(picture: Picture) -> str:
    """Return where the desk finds a picture whether or not readers may see it ("": nowhere)."""
    rendition = picture.fallback
    if rendition is None:
        return ""
    return reverse("admin:articles_picture_file", args=[picture.uuid, rendition.name])


def picture_preview(picture: Picture) -> str:
    address = desk_address(picture)
    return format_html('<img class="picture-preview" src="{}" alt="">', address) if address else ""
