"""The admin of the picture library."""

from contextlib import suppress
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import ProtectedError, Q
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.models import Picture
from articles.pictures.forms import PictureForm
from articles.pictures.library import redraw_share
from articles.pictures.serving import picture_response
from articles.pictures.uploads_admin import PictureUploads, desk_address, picture_data
from articles.pictures.usage import uses_of, why_not_deleted
from engagements.admin.base import BoundedLists
from engagements.text import is_key

MOST_MESSAGES = 5  # on pictures that cannot be deleted
PICKED = 24  # pictures that the dialog shows at a time

# The crops that the style sheets make of a picture, with their labels.
CROPS = [
    ("square", _("In lists, on a telephone")),
    ("list", _("In lists")),
    ("front", _("At the top of the front page")),
    ("article", _("Above its article, on a wide screen")),
    ("share", _("Shared on other sites")),
]


class YesNoFilter(admin.SimpleListFilter):
    """A filter with the choices yes and no, for a condition and its negation."""

    yes: Any = ""
    no: Any = ""
    condition = Q()

    def lookups(self, request, model_admin):
        return [("yes", self.yes), ("no", self.no)]

    def queryset(self, request, queryset):
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(self.condition if self.value() == "yes" else ~self.condition)


class UsedFilter(YesNoFilter):
    title, parameter_name = _("use"), "used"
    yes, no = _("Used in an article"), _("Not used")
    condition = Q(is_used=True)


class CreditFilter(YesNoFilter):
    title, parameter_name = _("credit"), "credit"
    yes, no = _("With a credit"), _("Without a credit")
    condition = ~Q(credit="")


class AltFilter(YesNoFilter):
    title, parameter_name = _("alternative text"), "alt"
    yes, no = _("With alternative text"), _("Without alternative text")
    condition = ~Q(alt="")


@admin.register(Picture)
class PictureAdmin(PictureUploads, BoundedLists):
    list_display = ["thumbnail", "title", "facts", "use"]
    list_display_links = ["title"]
    list_filter = [UsedFilter, CreditFilter, AltFilter]
    list_per_page = 36
    search_fields = [
        "caption",
        "name",
        "credit",
        "licence",
        "alt",
        "editions__picture_alt",
        "editions__picture_caption",
    ]
    show_full_result_count = False
    actions = ["describe_selected", "delete_selected"]
    form = PictureForm
    fields = [
        "focal",
        ("focal_x", "focal_y"),
        "alt",
        "caption",
        ("credit", "licence"),
        "uses",
        "replacement",
        "origin",
    ]
    readonly_fields = ["focal", "uses", "origin"]

    class Media:
        js = ["js/focal-point.js", "js/picture-upload.js"]

    def has_add_permission(self, request):
        # Pictures are uploaded above the list or in an article's form, where they are checked.
        return False

    def has_change_permission(self, request, obj=None):
        if super().has_change_permission(request, obj) or obj is None:
            return super().has_change_permission(request, obj)
        return Picture.objects.describable_by(request.user).filter(pk=obj.pk).exists()

    def has_delete_permission(self, request, obj=None):
        # Uploaders may delete their own pictures; `delete_view` refuses those that are used.
        allowed = super().has_delete_permission(request, obj)
        return allowed or bool(obj and obj.uploaded_by_id == request.user.pk)

    def get_urls(self):
        return [
            path(
                "<uuid:uuid>/file/<str:name>",
                self.admin_site.admin_view(self.file),
                name="articles_picture_file",
            ),
            path(
                "<uuid:uuid>/shown",
                self.admin_site.admin_view(self.preview),
                name="articles_picture_shown",
            ),
            path("pick/", self.admin_site.admin_view(self.pick), name="articles_picture_pick"),
            *super().get_urls(),
        ]

    def get_queryset(self, request):
        pictures: Any = super().get_queryset(request)
        pictures = pictures.with_use()
        return pictures.select_related("uploaded_by").prefetch_related("renditions")

    def file(self, request: HttpRequest, uuid, name: str) -> HttpResponseBase:
        """Answer with a rendition, for the desk, whether or not the picture is public."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        response = picture_response(get_object_or_404(Picture, uuid=uuid), name)
        response["Cache-Control"] = "private, no-store"
        return response

    def preview(self, request: HttpRequest, uuid) -> HttpResponseBase:
        """Answer with the fallback rendition, for a client that does not know the names of any."""
        picture = get_object_or_404(Picture, uuid=uuid)
        return self.file(request, uuid, picture.fallback.name if picture.fallback else "")

    def pick(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with pictures that match `?q=` as JSON, newest first, from below pk `?before=`."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        matches, _duplicates = self.get_search_results(
            request, Picture.objects.prefetch_related("renditions"), request.GET.get("q", "")
        )
        before = request.GET.get("before", "")
        if is_key(before):
            matches = matches.filter(pk__lt=before)
        rows = list(matches.order_by("-pk")[: PICKED + 1])
        pictures = [picture_data(picture) for picture in rows[:PICKED]]
        return JsonResponse({"pictures": pictures, "has_more": len(rows) > PICKED})

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        changed = set(form.changed_data)
        if {"focal_x", "focal_y"} & changed and "replacement" not in changed:
            redraw_share(obj)

    def get_fields(self, request, obj=None):
        fields = super().get_fields(request, obj)
        may_change = self.has_change_permission(request, obj)
        return [name for name in fields if may_change or name != "replacement"]

    # Deletion: only of pictures that no edition uses

    def delete_view(self, request, object_id, extra_context=None):
        picture = self.get_object(request, unquote(object_id))
        if picture is None or not self.has_delete_permission(request, picture):
            return super().delete_view(request, object_id, extra_context)
        with suppress(ProtectedError):  # an edition has begun to use it
            if not picture.is_used:
                return super().delete_view(request, object_id, extra_context)
        messages.error(request, why_not_deleted(picture))
        return redirect("admin:articles_picture_change", picture.pk)

    @admin.action(description=_("Delete"), permissions=["delete"])
    def delete_selected(self, request, pictures):
        used = pictures.filter(is_used=True)
        with suppress(ProtectedError):  # an edition has begun to use one
            if not used.exists():
                return delete_selected(self, request, pictures)
        for picture in used[:MOST_MESSAGES]:
            messages.error(request, why_not_deleted(picture))
        messages.warning(request, gettext("Nothing was deleted."))
        return None

    # The list

    @admin.display(description=_("picture"))
    def thumbnail(self, picture):
        address = picture_data(picture)["thumbnail"]
        return format_html('<img src="{}" alt="" loading="lazy">', address) if address else ""

    @admin.display(description=_("title"), ordering="caption")
    def title(self, picture):
        return str(picture)

    @admin.display(description=_("credit and licence"), ordering="credit")
    def facts(self, picture):
        known = ", ".join(filter(None, [picture.credit, picture.licence]))
        return known or gettext("No credit yet")

    @admin.display(description=_("use"))
    def use(self, picture):
        if picture.is_public:
            return gettext("Published")
        return gettext("Used at the desk") if picture.is_used else gettext("Not used")

    # The form

    @admin.display(description=_("picture"))
    def focal(self, picture):
        """Return the picture with its focal point, and every crop that follows from it."""
        context = {"picture": picture, "src": desk_address(picture), "crops": CROPS}
        return render_to_string("admin/articles/picture/focal.html", context)

    @admin.display(description=_("Where it is used"))
    def uses(self, picture):
        context = {"uses": uses_of(picture)}
        return render_to_string("admin/articles/picture/uses.html", context)

    @admin.display(description=_("The file"))
    def origin(self, picture):
        return render_to_string("admin/articles/picture/origin.html", {"picture": picture})


def picture_preview(picture: Picture) -> SafeString:
    """Return a picture as HTML, for the desk."""
    address = desk_address(picture)
    image = '<img class="picture-preview" src="{}" alt="">'
    return format_html(image, address) if address else SafeString()
