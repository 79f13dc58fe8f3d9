"""The library's pages at the desk: files, the dialog, uploads and their descriptions."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, LogEntry
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from articles.caching.batch import batched_refresh
from articles.models import Picture
from articles.pictures.desk_display import picture_data
from articles.pictures.forms import BatchForm, DescriptionForm
from articles.pictures.library import SamePictureError, create_picture
from articles.pictures.serving import picture_response
from engagements.admin.pages import change_url, desk_page, desk_view, log_change
from engagements.text import is_key

PICKED = 24  # pictures that the dialog shows at a time
# Each takes a second to process, and servers time out. The script sends one file per request.
MAX_FILES = 20
MAX_TOGETHER = 100  # pictures on the page that describes them

VIEW, ADD = "articles.view_picture", "articles.add_picture"
LIST = "admin:articles_picture_changelist"


# Files


@desk_view(VIEW)
def file(request: HttpRequest, uuid: UUID, name: str) -> HttpResponseBase:
    """Answer with a rendition, whether or not the picture is public."""
    return _private_file(get_object_or_404(Picture, uuid=uuid), name)


@desk_view(VIEW)
def fallback_file(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """Answer with the fallback rendition, for a client that does not know the names of any."""
    picture = get_object_or_404(Picture, uuid=uuid)
    return _private_file(picture, picture.fallback.name if picture.fallback else "")


def _private_file(picture: Picture, name: str) -> HttpResponseBase:
    response = picture_response(picture, name)
    response["Cache-Control"] = "private, no-store"
    return response


@desk_view(VIEW)
def pick(request: HttpRequest) -> HttpResponse:
    """Answer with pictures that match `?q=` as JSON, newest first, from below pk `?before=`."""
    rows = Picture.objects.prefetch_related("renditions")
    model_admin = admin.site.get_model_admin(Picture)
    matches, _repeats = model_admin.get_search_results(request, rows, request.GET.get("q", ""))
    before = request.GET.get("before", "")
    if is_key(before):
        matches = matches.filter(pk__lt=before)
    found = list(matches.order_by("-pk")[: PICKED + 1])
    pictures = [picture_data(picture) for picture in found[:PICKED]]
    return JsonResponse({"pictures": pictures, "has_more": len(found) > PICKED})


# Uploads


@desk_view(ADD)
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Store the uploaded `files`; report those that are refused, each with its reason."""
    added, refused = [], []
    person: Any = request.user
    for number, sent in enumerate(request.FILES.getlist("files")):
        try:
            if number >= MAX_FILES:
                message = _("At most %d files fit at once. Upload the others after these.")
                raise ValidationError(message % MAX_FILES)
            picture = create_picture(sent, by=person, only_new=True)
            LogEntry.objects.log_actions(person.pk, [picture], ADDITION, [{"added": {}}])
            added.append(picture)
        except ValidationError as error:
            refused.append((sent.name, error))
    if request.accepts("text/html"):
        return _html_answer(request, added, refused)
    return JsonResponse(
        {
            "added": [picture_data(picture) for picture in added],
            "refused": [_refusal_data(name, error) for name, error in refused],
        }
    )


def _html_answer(request: HttpRequest, added: list[Picture], refused: list) -> HttpResponse:
    for name, error in refused:
        text = format_html("“{}”: {}", name, " ".join(error.messages))
        if isinstance(error, SamePictureError):
            page = change_url(error.picture)
            text = format_html('{} <a href="{}">{}</a>', text, page, error.picture)
        messages.error(request, text)
    if not added and not refused:
        messages.error(request, _("Choose at least one picture."))
    if not added:
        return redirect(LIST)
    many = ngettext("%d picture is in the library.", "%d pictures are in the library.", len(added))
    messages.success(request, many % len(added))
    return redirect(describe_address(picture.pk for picture in added))


def _refusal_data(name: str | None, error: ValidationError) -> dict[str, Any]:
    existing = picture_data(error.picture) if isinstance(error, SamePictureError) else None
    return {"name": name, "text": " ".join(error.messages), "existing": existing}


# Descriptions


def describe_address(keys: Iterable[int]) -> str:
    """Return the address of the page that describes several pictures."""
    return f"{reverse('admin:articles_picture_describe')}?ids={','.join(map(str, keys))}"


@desk_view(VIEW)
def describe(request: HttpRequest) -> HttpResponse:
    """Show and save one form for the descriptions of several pictures (`?ids=1,2,3`)."""
    asked = [key for key in request.GET.get("ids", "")[:2000].split(",") if is_key(key)]
    own = Picture.objects.describable_by(request.user).filter(pk__in=asked[:MAX_TOGETHER])
    pictures = list(own.prefetch_related("renditions"))
    if not pictures:
        messages.error(request, _("You may not change any of these pictures."))
        return redirect(LIST)
    data = request.POST if request.method == "POST" else None
    batch = BatchForm(data, prefix="all")
    rows = [DescriptionForm(data, instance=p, prefix=f"picture-{p.pk}") for p in pictures]
    # Every form is validated, so that all errors appear at once.
    invalid = [form for form in (batch, *rows) if not form.is_valid()]
    if data is not None and not invalid:
        _save_descriptions(request, batch, rows)
        return redirect(LIST)
    return desk_page(
        request,
        "admin/articles/picture/describe.html",
        _("Describe the pictures"),
        opts=Picture._meta,
        batch=batch,
        rows=[(form, picture_data(form.instance)) for form in rows],
    )


def _save_descriptions(request: HttpRequest, batch: BatchForm, rows: list[DescriptionForm]) -> None:
    changed = 0
    with transaction.atomic(), batched_refresh():
        for form in rows:
            picture, names = form.instance, set(form.changed_data)
            for name, text in batch.cleaned_data.items():
                if text and not getattr(picture, name):
                    setattr(picture, name, text)
                    names.add(name)
            if names:
                picture.save(update_fields=names)
                log_change(request, [{"changed": {"fields": sorted(names)}}], picture)
                changed += 1
    many = ngettext("%d picture is described.", "%d pictures are described.", changed)
    messages.success(request, many % changed)
