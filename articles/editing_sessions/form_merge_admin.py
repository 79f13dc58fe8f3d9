"""The engagement's form: what a colleague saved meanwhile is told, and never written over."""

import datetime as dt
from operator import itemgetter
from typing import Any
from uuid import uuid4

from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import PermissionDenied
from django.forms.utils import pretty_name
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext

from articles.editing_sessions.autosave import read_token
from articles.editing_sessions.form_merge import State, merge, sealed, state_of, unsealed
from articles.editing_sessions.idempotency import SentAgain, address_of
from articles.models import Submission
from articles.wording import moment, name_of
from engagements.history import revisions_of
from engagements.widgets import is_key


class MeanwhileForm(SentAgain):
    """Belongs behind `RefreshedOnce`, in its transaction, and behind `SentOnce`."""

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        request.refusals, request.meanwhile, request.now = [], [], None
        if request.method == "POST" and is_key(object_id):
            # Of two who save at once, the second one waits and then sees what the first one saved.
            self.model._default_manager.select_for_update().filter(pk=object_id).first()
            obj = self.get_object(request, str(object_id))
            if obj is not None and "opened" in request.POST:
                if not self.has_change_permission(request, obj):
                    return self._out_of_reach(request, obj)
                self._bring_up_to_date(request, obj)
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
        page = "admin/engagements/engagement/out_of_reach.html"
        return TemplateResponse(request, page, context, status=403)

    def _bring_up_to_date(self, request: Any, obj: Any) -> None:
        opened = unsealed(request.POST["opened"])
        if opened is None:
            return
        now, data = self._state(request, obj), request.POST.copy()
        request.meanwhile = merge(data, opened, now)
        if request.meanwhile:
            request.POST, request.now = data, now
            who = self._who_saved(obj, dt.datetime.fromtimestamp(opened["at"], dt.UTC))
            request.refusals.append(
                gettext(
                    "%s saved this meanwhile. Nothing of yours is saved yet: look at what changed, "
                    "then save again."
                )
                % who
            )

    def _state(self, request: HttpRequest, obj: Any) -> State:
        names = flatten_fieldsets(self.get_fieldsets(request, obj))
        form = self.get_form(request, obj, change=True, fields=names)(instance=obj)
        formsets = {
            formset.get_default_prefix(): formset(
                instance=obj,
                prefix=formset.get_default_prefix(),
                queryset=inline.get_queryset(request),
            )
            for formset, inline in self.get_formsets_with_inlines(request, obj)
        }
        return state_of(form, formsets)

    def _who_saved(self, obj: Any, since: dt.datetime) -> str:
        """Return the names of those who saved after a moment, each with the time."""
        entries = LogEntry.objects.filter(
            content_type__app_label=self.opts.app_label,
            content_type__model=self.opts.model_name,
            object_id=str(obj.pk),
            action_time__gt=since,
        )
        saved = [(entry.user, entry.action_time) for entry in entries.select_related("user")]
        # The history knows besides who let it out with an article.
        revisions = revisions_of(obj).filter(revision__date_created__gt=since)
        saved += [(row.revision.user, row.revision.date_created) for row in revisions]
        last = {user: at for user, at in sorted(saved, key=itemgetter(1)) if user}
        told = [f"{name_of(user)} ({moment(at)})" for user, at in last.items()]
        return ", ".join(told) or gettext("Somebody")

    def sent_again(self, request, submission: Submission, made: Any, object_id: str | None):
        link = format_html('<a href="{}">{}</a>', address_of(made), made)
        sentence = gettext(
            "You saved this form already, at {}: {}. What you changed in it since is not saved."
        )
        request.sent_again = format_html(sentence, moment(submission.at), link)
        return object_id

    def get_form(self, request, obj=None, change=False, **kwargs):
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        sent_again = getattr(request, "sent_again", None)
        form.refusals = [*filter(None, [sent_again]), *getattr(request, "refusals", [])]
        return form

    def render_change_form(self, request, context, *args, **kwargs):
        obj = context.get("original")
        token = read_token(request.POST.get("form_token"))
        if token is None or (obj and getattr(request, "sent_again", None)):
            token = uuid4()  # what was made has been told: the next time it is meant
        context["form_token"] = token
        form = context["adminform"].form
        if form.refusals and _is_refused_only(context["errors"], form):
            # There is nothing to correct, so the page does not ask for it.
            context |= {"errors": None, "refusals": form.refusals}
        if obj and self.has_change_permission(request, obj):
            context |= {"meanwhile": request.meanwhile, "opened": self._opened(request, context)}
        return super().render_change_form(request, context, *args, **kwargs)

    def _opened(self, request: Any, context: dict[str, Any]) -> str:
        at = timezone.now().timestamp()
        if request.now is not None:
            return sealed(request.now, at)
        if request.method == "POST":
            return request.POST.get("opened", "")
        formsets = {
            inline.formset.prefix: inline.formset for inline in context["inline_admin_formsets"]
        }
        return sealed(state_of(context["adminform"].form, formsets), at)


def _is_refused_only(errors: list[Any], form: Any) -> bool:
    # One list of errors for each field, and for what is of none.
    return len(errors) == 1 and len(form.non_field_errors()) == len(form.refusals)
