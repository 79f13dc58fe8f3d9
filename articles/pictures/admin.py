"""The picture library."""

from contextlib import suppress
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import ProtectedError, Q
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.models import Picture
from articles.pictures.forms import PictureForm
from articles.pictures.library import redraw_share
from articles.pictures.serving import picture_response
from articles.pictures.uploads_admin import PictureUploads, desk_address, told
from articles.pictures.usage import uses_of, why_not_deleted
from engagements.admin.base import BoundedLists
from engagements.text import is_key

TOLD = 5  # used pictures of which a refusal tells
PICKED = 24  # pictures that the dialog shows at a time

# What the style sheets crop a picture to, and the words for it.
CROPS = [
    ("square", _("In lists, on a telephone")),
    ("list", _("In lists")),
    ("front", _("At the head of the front page")),
    ("article", _("Above its article, on a wide screen")),
    ("share", _("Shared on other sites")),
]


class YesNoFilter(admin.SimpleListFilter):
    """A question with two answers, each a condition."""

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
        # Pictures come in above the list, or in an article's form: their content is checked there.
        return False

    def has_change_permission(self, request, obj=None):
        if super().has_change_permission(request, obj) or obj is None:
            return super().has_change_permission(request, obj)
        return Picture.objects.describable_by(request.user).filter(pk=obj.pk).exists()

    def has_delete_permission(self, request, obj=None):
        # One's own slip is one's own to take back; `delete_view` says why a used one stays.
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
                self.admin_site.admin_view(self.shown),
                name="articles_picture_shown",
            ),
            path("pick/", self.admin_site.admin_view(self.pick), name="articles_picture_pick"),
            *super().get_urls(),
        ]

    def get_queryset(self, request):
        found: Any = super().get_queryset(request)
        found = found.with_use()
        return found.select_related("uploaded_by").prefetch_related("renditions")

    def file(self, request: HttpRequest, uuid, name: str) -> HttpResponseBase:
        """A rendition for the desk, whether or not readers may see the picture."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        response = picture_response(get_object_or_404(Picture, uuid=uuid), name)
        response["Cache-Control"] = "private, no-store"
        return response

    def shown(self, request: HttpRequest, uuid) -> HttpResponseBase:
        """A picture in its middle size, for whoever does not know which sizes it has."""
        picture = get_object_or_404(Picture, uuid=uuid)
        return self.file(request, uuid, picture.fallback.name if picture.fallback else "")

    def pick(self, request: HttpRequest) -> HttpResponseBase:
        """Return pictures to choose from, newest first: `?q=` words, `?before=` a picture."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found, _many = self.get_search_results(
            request, Picture.objects.prefetch_related("renditions"), request.GET.get("q", "")
        )
        before = request.GET.get("before", "")
        if is_key(before):
            found = found.filter(pk__lt=before)
        rows = list(found.order_by("-pk")[: PICKED + 1])
        pictures = [told(picture) for picture in rows[:PICKED]]
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

    # Deletion: only of what no edition uses

    def delete_view(self, request, object_id, extra_context=None):
        picture = self.get_object(request, unquote(object_id))
        if picture is None or not self.has_delete_permission(request, picture):
            return super().delete_view(request, object_id, extra_context)
        with suppress(ProtectedError):  # somebody uses it meanwhile
            if not picture.is_used:
                return super().delete_view(request, object_id, extra_context)
        messages.error(request, why_not_deleted(picture))
        return HttpResponseRedirect(reverse("admin:articles_picture_change", args=[picture.pk]))

    @admin.action(description=_("Delete"), permissions=["delete"])
    def delete_selected(self, request, pictures):
        used = pictures.filter(is_used=True)
        with suppress(ProtectedError):  # somebody uses one meanwhile
            if not used.exists():
                return delete_selected(self, request, pictures)
        for picture in used[:TOLD]:
            messages.error(request, why_not_deleted(picture))
        messages.warning(request, gettext("Nothing was deleted."))
        return None

    # The list

    @admin.display(description=_("picture"))
    def thumbnail(self, picture):
        address = told(picture)["thumbnail"]
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
            return gettext("Readers see it")
        return gettext("Used at the desk") if picture.is_used else gettext("Not used")

    # The form

    @admin.display(description=_("picture"))
    def focal(self, picture):
        """The picture with its focal point, and what that does to every crop."""
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
    address = desk_address(picture)
    image = '<img class="picture-preview" src="{}" alt="">'
    return format_html(image, address) if address else SafeString()
