"""How an article's form is merged: its base is the edition that it was opened on."""

import contextlib
import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext

from articles.authoring.form import ArticleForm
from articles.editing_sessions.autosave import keep, read_token, typed
from articles.editing_sessions.form_merge import Plain, State, sealed
from articles.editing_sessions.form_merge_admin import FormMerge
from articles.editing_sessions.idempotency import IdempotentForm
from articles.models import Article, Edition
from articles.pictures.desk_display import picture_preview
from engagements.text import key_of

# Columns of the article and of the picture: no edition holds what they were.
SEALED = [*ArticleForm.Meta.fields, "picture_credit", "picture_licence"]


class ArticleFormMerge(IdempotentForm, FormMerge):
    """Belongs behind `RefreshedOnce`, in its transaction."""

    def current_state(self, request: HttpRequest, obj: Article, **options: Any) -> State:
        state = super().current_state(request, obj, **options)
        state.parts["picture"].first.draw = picture_preview
        # An alternative text describes one picture and no other.
        picture = [name for name in state.parts if name.startswith("picture")]
        state.group("picture", gettext("Picture"), picture)
        change_note = ["is_major", "is_correction", "public_note"]
        if obj.was_approved:
            state.group("is_major", gettext("Change note"), change_note)
        return state

    def opened_state(self, request: HttpRequest, obj: Article) -> Plain | None:
        seen = key_of(request.POST.get("based_on"))
        edition = obj.editions.filter(number=seen).first()
        if edition is None:
            return None
        content = self.current_state(request, obj, edition=edition).plain()
        carried = super().opened_state(request, obj)
        carried = carried or {"at": edition.created_at.timestamp(), "fields": {}}
        return {**content, **carried, "fields": content["fields"] | carried["fields"]}

    def seal(self, state: State) -> str:
        return sealed({"fields": {n: state.fields[n] for n in SEALED if n in state.fields}})

    def autosave(self, request: HttpRequest, obj: Article) -> None:
        token = read_token(request.POST.get("form_token"))
        # Where another form of theirs holds what was never saved, the browser keeps this alone.
        with contextlib.suppress(ValidationError):
            if token:
                keep(request.user, obj, token, typed(request.POST, ArticleForm.base_fields))

    def saves_since(self, obj: Article, at: dt.datetime) -> list[tuple[Any, dt.datetime]]:
        editions = obj.editions.filter(created_at__gt=at).select_related("author")
        return [(edition.author, edition.created_at) for edition in editions.order_by("number")]

    def resubmitted(self, request: Any, made: Article, object_id: str | None) -> str:
        # What the person saved by this very form is nobody else's change.
        data = request.POST = request.POST.copy()
        number = request.submission.number
        if number and key_of(data.get("based_on")) < number:
            data["based_on"] = str(number)
        data["slug"] = data.get("slug") or made.slug
        return str(made.pk)

    def number_of(self, obj: Article) -> int | None:
        edition: Edition | None = obj.latest_edition()
        return edition.number if edition else None
