"""Uploads pictures to the library, several at once, and describes them together."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    JsonResponse,
)
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from articles.caching.batch import batched_refresh
from articles.models import Picture
from articles.pictures.forms import BatchForm, DescriptionForm
from articles.pictures.library import SamePictureError, create_picture
from articles.pictures.processing import MAX_BYTES
from engagements.text import is_key

# Each takes a second to process, and servers time out. The script sends one file per request.
MAX_FILES = 20
MAX_TOGETHER = 100  # pictures on the page that describes them


def desk_address(picture: Picture) -> str:
    """Return the desk's address of a picture, which need not be public ("": no file)."""
    return _file_address(picture, picture.fallback)


def _file_address(picture: Picture, rendition: Any) -> str:
    if rendition is None:
        return ""
    return reverse("admin:articles_picture_file", args=[picture.uuid, rendition.name])


def picture_data(picture: Picture) -> dict[str, Any]:
    """Return a picture as JSON data for the scripts."""
    return {
        "id": picture.pk,
        "uuid": str(picture.uuid),
        "name": str(picture),
        "alt": picture.alt,
        "caption": picture.caption,
        "credit": picture.credit,
        "licence": picture.licence,
        "thumbnail": _file_address(picture, picture.thumbnail),
        "preview": desk_address(picture),
        "page": reverse("admin:articles_picture_change", args=[picture.pk]),
    }


class PictureUploads(admin.ModelAdmin):
    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("upload/", view(self.upload), name="articles_picture_upload"),
            path("describe/", view(self.describe), name="articles_picture_describe"),
            *super().get_urls(),
        ]

    def has_describe_permission(self, request: HttpRequest) -> bool:
        # `describe` selects those that a person may change: a writer's own, before publication.
        return request.user.has_perm("articles.add_picture")

    @admin.action(description=_("Describe together"), permissions=["describe"])
    def describe_selected(self, request: HttpRequest, pictures) -> HttpResponse:
        return redirect(_describe_address(pictures.values_list("pk", flat=True)))

    def changelist_view(self, request, extra_context=None):
        context = {
            "title": gettext("Pictures"),
            "may_upload": request.user.has_perm("articles.add_picture"),
            "max_bytes": MAX_BYTES,
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def upload(self, request: HttpRequest) -> HttpResponse:
        """Store the uploaded `files`; report those that are refused, each with its reason."""
        if not request.user.has_perm("articles.add_picture"):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        added, refused = [], []
        for number, file in enumerate(request.FILES.getlist("files")):
            try:
                if number >= MAX_FILES:
                    raise ValidationError(
                        gettext("At most %d files fit at once. Upload the others after these.")
                        % MAX_FILES
                    )
                picture = create_picture(file, by=request.user, only_new=True)
                self.log_addition(request, picture, [{"added": {}}])
                added.append(picture)
            except ValidationError as error:
                refused.append((file.name, error))
        if request.accepts("text/html"):
            return self._html_answer(request, added, refused)
        return JsonResponse(
            {
                "added": [picture_data(picture) for picture in added],
                "refused": [_refusal_data(name, error) for name, error in refused],
            }
        )

    def _html_answer(self, request, added: list[Picture], refused: list) -> HttpResponse:
        for name, error in refused:
            text = format_html("“{}”: {}", name, " ".join(error.messages))
            if isinstance(error, SamePictureError):
                page = reverse("admin:articles_picture_change", args=[error.picture.pk])
                text = format_html('{} <a href="{}">{}</a>', text, page, error.picture)
            messages.error(request, text)
        if not added and not refused:
            messages.error(request, gettext("Choose at least one picture."))
        if not added:
            return redirect("admin:articles_picture_changelist")
        many = ngettext(
            "%d picture is in the library.", "%d pictures are in the library.", len(added)
        )
        messages.success(request, many % len(added))
        return redirect(_describe_address(picture.pk for picture in added))

    def describe(self, request: HttpRequest) -> HttpResponse:
        """Show and save one form for the descriptions of several pictures (`?ids=1,2,3`)."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        asked = [key for key in request.GET.get("ids", "")[:2000].split(",") if is_key(key)]
        own = Picture.objects.describable_by(request.user).filter(pk__in=asked[:MAX_TOGETHER])
        pictures = list(own.prefetch_related("renditions"))
        if not pictures:
            messages.error(request, gettext("You may not change any of these pictures."))
            return redirect("admin:articles_picture_changelist")
        data = request.POST if request.method == "POST" else None
        batch = BatchForm(data, prefix="all")
        rows = [DescriptionForm(data, instance=p, prefix=f"picture-{p.pk}") for p in pictures]
        # Every form is validated, so that all errors appear at once.
        invalid = [form for form in (batch, *rows) if not form.is_valid()]
        if data is not None and not invalid:
            self._save_descriptions(request, batch, rows)
            return redirect("admin:articles_picture_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Describe the pictures"),
            "opts": self.opts,
            "batch": batch,
            "rows": [(form, picture_data(form.instance)) for form in rows],
        }
        return TemplateResponse(request, "admin/articles/picture/describe.html", context)

    def _save_descriptions(self, request, batch: BatchForm, rows: list[DescriptionForm]) -> None:
        changed = []
        for form in rows:
            picture, names = form.instance, set(form.changed_data)
            for name, text in batch.cleaned_data.items():
                if text and not getattr(picture, name):
                    setattr(picture, name, text)
                    names.add(name)
            if names:
                changed.append((picture, sorted(names)))
        with transaction.atomic(), batched_refresh():
            for picture, columns in changed:
                picture.save(update_fields=columns)
                self.log_change(request, picture, [{"changed": {"fields": columns}}])
        many = ngettext("%d picture is described.", "%d pictures are described.", len(changed))
        messages.success(request, many % len(changed))


def _refusal_data(name: str | None, error: ValidationError) -> dict[str, Any]:
    existing = picture_data(error.picture) if isinstance(error, SamePictureError) else None
    return {"name": name, "text": " ".join(error.messages), "existing": existing}


def _describe_address(keys) -> str:
    ids = ",".join(str(key) for key in keys)
    return f"{reverse('admin:articles_picture_describe')}?ids={ids}"
