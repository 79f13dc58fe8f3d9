"""The admin of the picture library."""

from contextlib import suppress
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.utils import unquote
from django.db.models import ProtectedError
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.models import Picture
from articles.pictures.desk_display import desk_address, picture_data
from articles.pictures.desk_views import ADD, describe_address
from articles.pictures.forms import PictureForm
from articles.pictures.library import redraw_share
from articles.pictures.processing import MAX_BYTES
from articles.pictures.upload_admin import UploadForm
from articles.pictures.urls import urlpatterns
from articles.pictures.usage import uses_of, why_not_deleted
from engagements.admin.base import BoundedLists, TableFilter

MOST_MESSAGES = 5  # on pictures that cannot be deleted

# The crops that the style sheets make of a picture, with their labels.
CROPS = [
    ("square", _("In lists, on a telephone")),
    ("list", _("In lists")),
    ("front", _("At the top of the front page")),
    ("article", _("Above its article, on a wide screen")),
    ("share", _("Shared on other sites")),
]


class UsedFilter(TableFilter):
    title, parameter_name = _("use"), "used"

    def table(self, person):
        return {
            "yes": (_("Used in an article"), lambda rows: rows.filter(is_used=True)),
            "no": (_("Not used"), lambda rows: rows.exclude(is_used=True)),
        }


class CreditFilter(TableFilter):
    title, parameter_name = _("credit"), "credit"

    def table(self, person):
        return {
            "yes": (_("With a credit"), lambda rows: rows.exclude(credit="")),
            "no": (_("Without a credit"), lambda rows: rows.filter(credit="")),
        }


class AltFilter(TableFilter):
    title, parameter_name = _("alternative text"), "alt"

    def table(self, person):
        return {
            "yes": (_("With alternative text"), lambda rows: rows.exclude(alt="")),
            "no": (_("Without alternative text"), lambda rows: rows.filter(alt="")),
        }


@admin.register(Picture)
class PictureAdmin(UploadForm, BoundedLists):
    upload_field = "replacement"
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
        if super().has_change_permission(request, obj):
            return True
        own = Picture.objects.describable_by(request.user)
        return obj is not None and own.filter(pk=obj.pk).exists()

    def has_delete_permission(self, request, obj=None):
        # Uploaders may delete their own pictures; `delete_view` refuses those that are used.
        allowed = super().has_delete_permission(request, obj)
        return allowed or bool(obj and obj.uploaded_by_id == request.user.pk)

    def get_urls(self):
        return [*urlpatterns, *super().get_urls()]

    def changelist_view(self, request, extra_context=None):
        context = {
            "title": gettext("Pictures"),
            "may_upload": request.user.has_perm(ADD),
            "max_bytes": MAX_BYTES,
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def get_queryset(self, request):
        pictures: Any = super().get_queryset(request)
        pictures = pictures.with_use()
        return pictures.select_related("uploaded_by").prefetch_related("renditions")

    def get_form(self, request, obj=None, change=False, **kwargs):
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.person = request.user
        return form

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        changed = set(form.changed_data)
        if obj.is_public and {"replacement", "credit", "licence"} & changed:
            message = gettext(
                "Readers see it at once, and nobody else approved it: it is recorded."
            )
            messages.warning(request, message)
        if {"focal_x", "focal_y"} & changed:
            redraw_share(obj)

    def replaced_picture(self, request, object_id):
        return self.get_object(request, unquote(object_id)) if object_id else None

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

    def has_describe_permission(self, request):
        # The page selects those that a person may change: a writer's own, before publication.
        return request.user.has_perm(ADD)

    @admin.action(description=_("Describe together"), permissions=["describe"])
    def describe_selected(self, request, pictures):
        return redirect(describe_address(pictures.values_list("pk", flat=True)))

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
