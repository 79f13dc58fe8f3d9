"""Pictures, and how the desk shows one."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from articles.media import picture_response
from articles.models import Picture
from articles.pictures import redraw_share
from engagements.admin.base import BoundedLists


@admin.register(Picture)
class PictureAdmin(BoundedLists):
    list_display = ["uuid", "width", "height", "credit", "licence", "uploaded_by", "created_at"]
    search_fields = ["credit", "licence"]
    fields = ["preview", "credit", "licence", "focal_x", "focal_y"]
    readonly_fields = ["preview"]

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
    def preview(self, picture):
        return picture_preview(picture)


def picture_preview(picture: Picture) -> str:
    rendition = picture.fallback
    if rendition is None:
        return ""
    url = reverse("admin:articles_picture_file", args=[picture.uuid, rendition.name])
    return format_html('<img class="picture-preview" src="{}" alt="">', url)
