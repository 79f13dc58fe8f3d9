"""A record's form: what a colleague saved since it was opened is merged and never overwritten."""

import datetime as dt
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import PermissionDenied
from django.forms.utils import pretty_name
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext

from articles.editing_sessions.form_merge import (
    Plain,
    State,
    merge_form,
    sealed,
    state_of,
    unsealed,
)
from articles.wording import moment, name_of
from engagements.text import is_key


class FormMerge(admin.ModelAdmin):
    """Its form is a `MergeableForm`. Belongs behind `IdempotentForm`, in the same transaction."""

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        request.merged_changes = []
        if request.method == "POST" and is_key(object_id):
            # Of two who save at once, the second one waits and then sees what the first one saved.
            self.model._default_manager.select_for_update().filter(pk=object_id).first()
            obj = self.get_object(request, str(object_id))
            if obj is not None:
                if not self.has_change_permission(request, obj):
                    return self._out_of_reach(request, obj)
                self._merge(request, obj)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _out_of_reach(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Give back what was typed into a form that its sender could save when it was opened.

        A visit that a writer may change becomes public, and an editor's, by their own article.
        """
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        fields = self.form.base_fields
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Not saved"),
            "opts": self.opts,
            "original": obj,
            "texts": [
                (fields[name].label if name in fields else pretty_name(name), value)
                for name, values in request.POST.lists()
                for value in values
                # The rest are tokens, numbers of rows, choices and the button.
                if len(value.split()) > 1 and name != "opened" and not name.startswith("_")
            ],
        }
        return TemplateResponse(request, "admin/out_of_reach.html", context, status=403)

    def _merge(self, request: Any, obj: Any) -> None:
        opened = self.opened_state(request, obj)
        if opened is None:
            return
        now, data = self.current_state(request, obj), request.POST.copy()
        for name, file in request.FILES.items():
            data[name] = file.name  # a file is a change as well
        request.merged_changes = merge_form(data, opened, now)
        if request.merged_changes:
            self.autosave(request, obj)
            sentence = gettext(
                "%s saved this meanwhile. Nothing of yours is saved yet: look at what changed, "
                "then save again."
            )
            request.refusals.append(sentence % self._savers(request, obj, opened["at"]))
            data["opened"] = self.seal(now)
        request.POST = data

    def current_state(self, request: HttpRequest, obj: Any, **options: Any) -> State:
        """Return what a form of `obj` would hold; `options` are the form's."""
        names = flatten_fieldsets(self.get_fieldsets(request, obj))
        form = self.get_form(request, obj, change=True, fields=names)(instance=obj, **options)
        formsets = {
            formset.get_default_prefix(): formset(
                instance=obj,
                prefix=formset.get_default_prefix(),
                queryset=inline.get_queryset(request),
            )
            for formset, inline in self.get_formsets_with_inlines(request, obj)
        }
        return state_of(form, formsets)

    def opened_state(self, request: HttpRequest, obj: Any) -> Plain | None:
        """Return what the form held when it was opened; `None` if it does not say so."""
        return unsealed(request.POST.get("opened", ""))

    def seal(self, state: State) -> str:
        """Return what a form carries of the state in which it is opened."""
        return sealed(state.plain())

    def autosave(self, request: HttpRequest, obj: Any) -> None:
        """Store what was typed, before the changes are listed."""

    def saves_since(self, obj: Any, at: dt.datetime) -> list[tuple[Any, dt.datetime]]:
        """Return who saved `obj` after a moment, and when, the oldest first."""
        raise NotImplementedError

    def _savers(self, request: HttpRequest, obj: Any, at: float) -> str:
        last = dict(self.saves_since(obj, dt.datetime.fromtimestamp(at, dt.UTC)))
        last.pop(None, None)
        you = gettext("You")
        names = (
            f"{you if user == request.user else name_of(user)} ({moment(time)})"
            for user, time in last.items()
        )
        return ", ".join(names) or gettext("Somebody")

    def get_form(self, request, obj=None, change=False, **kwargs):
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.refusals = getattr(request, "refusals", [])
        return form

    def render_change_form(self, request, context, *args, **kwargs):
        obj, form = context.get("original"), context["adminform"].form
        # One list of errors for each field, and for what is of none.
        lists, sentences = len(context["errors"]), len(form.non_field_errors())
        if form.refusals and lists == 1 and sentences == len(form.refusals):
            # There is nothing to correct, so the page does not ask for it.
            context |= {"errors": None, "refusals": form.refusals}
        context["merged_changes"] = request.merged_changes
        if obj and not form.is_bound and self.has_change_permission(request, obj):
            inlines = (inline.formset for inline in context["inline_admin_formsets"])
            state = state_of(form, {formset.prefix: formset for formset in inlines})
            form.initial.setdefault("opened", self.seal(state))
        return super().render_change_form(request, context, *args, **kwargs)
