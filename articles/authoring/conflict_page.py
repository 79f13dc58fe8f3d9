"""The page that shows what two people saved side by side, and lets the second one choose."""

import contextlib
from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext

from articles.authoring.conflicts import (
    LISTS,
    MERGEABLE,
    PARTS,
    compare,
    content_of,
    merged_lists,
    put,
    resolve,
)
from articles.authoring.form import ArticleForm
from articles.editing_sessions.autosave import keep, read_token, typed
from articles.editing_sessions.idempotency import SentAgain
from articles.models import Article, Edition, Submission
from articles.pictures.admin import picture_preview
from articles.wording import moment, name_of
from engagements.widgets import is_key

# What the page does not hand on: a chosen picture stands in `picture` by then.
NOT_HANDED_ON = {"csrfmiddlewaretoken", "picture_remove"}


class ConflictPage(SentAgain):
    """Belongs behind `RefreshedOnce`, in its transaction."""

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method == "POST" and is_key(object_id):
            # Of two who save at once, the second one waits and then sees the first one's edition.
            Article.objects.select_for_update().filter(pk=object_id).first()
            seen = request.POST.get("based_on", "")
            theirs = Edition.objects.filter(
                article=object_id, number=seen if is_key(seen) else 0
            ).first()
            request.POST = resolve(request.POST, content_of(theirs) if theirs else None)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def sent_again(self, request, submission: Submission, made: Article, object_id):
        # What the person saved by this very form is nobody else's change.
        seen = request.POST.get("based_on", "")
        if submission.number and (not is_key(seen) or int(seen) < submission.number):
            request.POST = request.POST.copy()
            request.POST["based_on"] = str(submission.number)
        return str(made.pk)

    def number_of(self, article: Article) -> int | None:
        edition = article.latest_edition()
        return edition.number if edition else None

    def render_change_form(self, request, context, *args, **kwargs):
        form = context["adminform"].form
        if form.is_bound and form.opened_on:
            return self._show_both(request, context, form)
        return super().render_change_form(request, context, *args, **kwargs)

    def _show_both(self, request: HttpRequest, context: dict[str, Any], form: ArticleForm):
        sent: Any = form.data
        opened_on: Any = form.opened_on
        newest: Any = form.base_edition
        base, theirs, mine = content_of(opened_on), content_of(newest), form.cleaned_data
        token = read_token(request.POST.get("form_token")) or uuid4()
        # Whoever closes the laptop on this page has lost nothing.
        # Where another form of theirs holds what was never saved, the browser keeps this alone.
        with contextlib.suppress(ValidationError):
            keep(request.user, form.instance, token, typed(sent, ArticleForm.base_fields))
        parts = compare(base, theirs, mine, show=lambda picture: str(picture_preview(picture)))
        changed_by = {part.name: part.changed_by for part in parts}
        data = sent.copy()
        for name in PARTS:
            put(data, name, theirs if changed_by.get(name) == "theirs" else mine)
            if changed_by.get(name) == "both":
                put(data, name, mine, prefix="mine-")
            if changed_by.get(name) == "both" and name in LISTS:
                data.setlist(name, merged_lists(base, theirs, mine, name))
        data["based_on"] = str(newest.number)
        form.data = data
        widgets = {name for name, by in changed_by.items() if by == "both" and name in MERGEABLE}
        hidden = [
            (name, value)
            for name, values in data.lists()
            for value in values
            if name not in NOT_HANDED_ON | widgets and not name.startswith(("_", "was-"))
        ]
        author = newest.author
        return self._page(request, context, {
            "who": gettext("You") if author == request.user else name_of(author),
            "at": moment(newest.created_at),
            "edition": newest,
            "opened_on": opened_on,
            "conflicts": [
                (part, form[part.name] if part.is_mergeable else None, part.name in LISTS)
                for part in parts if part.changed_by == "both"
            ],
            "taken": [part for part in parts if part.changed_by == "theirs"],
            "own": [part for part in parts if part.changed_by == "mine"],
            "hidden": hidden,
        })  # fmt: skip

    def _page(self, request, context: dict[str, Any], more: dict[str, Any]) -> HttpResponse:
        article = context["original"]
        context = {
            **context,
            **more,
            "opts": self.opts,
            "title": gettext("Two versions of one article"),
            "subtitle": None,
            "article": article,
        }
        return TemplateResponse(request, "admin/articles/article/conflict.html", context)
