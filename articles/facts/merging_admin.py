"""People, organisations and topics: their forms, and the merge of two that are one."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from articles.editing_sessions.batched_admin import RefreshedOnce
from articles.facts.merging import Plan, merge, plan_of, reasons_not_to_merge
from engagements.admin.parties import OrganisationAdmin, PersonAdmin, TopicAdmin
from engagements.models import EngagementTopic, Organisation, Participant, Person, Topic
from engagements.text import is_key
from engagements.widgets import Autocomplete

# Steps that the preview spells out; more are counted.
MOST_STEPS = 100


class Mergeable(RefreshedOnce):
    """Adds a page that shows what a merge will do and, once confirmed, does it."""

    # The model and its foreign key by which the other one is looked for.
    found_by: tuple[Any, str]
    change_form_template = "admin/mergeable_change_form.html"

    def get_urls(self):
        info = self.opts.app_label, self.opts.model_name
        return [
            path(
                "<path:object_id>/merge/",
                self.admin_site.admin_view(self.merge_view),
                name="{}_{}_merge".format(*info),
            ),
            *super().get_urls(),
        ]

    def may_merge(self, request: HttpRequest) -> bool:
        # One of the two goes: whoever may not delete may not merge.
        return self.has_change_permission(request) and self.has_delete_permission(request)

    def render_change_form(self, request, context, *args, **kwargs):
        context["may_merge"] = self.may_merge(request)
        return super().render_change_form(request, context, *args, **kwargs)

    def merge_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.may_merge(request):
            raise PermissionDenied
        dropped = get_object_or_404(self.model, pk=object_id if is_key(object_id) else None)
        asked = request.POST if request.method == "POST" else request.GET
        errors: list[str] = []
        kept = self._other(asked.get("into", ""), errors)
        if asked.get("into") == "":
            errors.append(_("Choose the one that stays."))
        if kept is not None:
            errors += reasons_not_to_merge(dropped, kept)
        if request.method == "POST" and kept is not None and not errors:
            try:
                done = merge(dropped, kept, fingerprint=asked.get("fingerprint", ""))
            except ValidationError as error:
                errors += error.messages
            else:
                return self._merged(request, done, object_id)
        form = self._form({"into": kept.pk if kept else ""})
        plan = plan_of(dropped, kept) if kept is not None and kept.pk != dropped.pk else None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Merge “%s” into another") % dropped,
            "opts": self.opts,
            "object": dropped,
            "kept": kept,
            "plan": plan if plan and not reasons_not_to_merge(dropped, kept) else None,
            "most": MOST_STEPS,
            "errors": errors,
            "form": form,
            "media": self.media + form.media,
            "back": reverse(self._name("change"), args=[dropped.pk]),
        }
        return TemplateResponse(request, "admin/merge.html", context)

    def _other(self, text: str, errors: list[str]) -> Any:
        if not text:
            return None
        found = self.model._default_manager.filter(pk=text).first() if is_key(text) else None
        if found is None:
            errors.append(
                _("There is none with the number “%s”: choose from the list.") % text[:20]
            )
        return found

    def _form(self, initial: dict[str, Any]) -> forms.Form:
        """Return the form that looks for the other one as every autocomplete of the desk does."""
        model, name = self.found_by
        # Its script brings the choices: an empty list that is required would be no valid HTML.
        form = forms.Form(initial=initial, use_required_attribute=False)
        form.fields["into"] = forms.ModelChoiceField(
            self.model._default_manager.all(),
            label=_("The one that stays"),
            widget=Autocomplete(model._meta.get_field(name), self.admin_site),
        )
        return form

    def _merged(self, request: HttpRequest, plan: Plan, pk: str) -> HttpResponse:
        dropped, kept = plan.dropped, plan.kept
        told = _("“%(dropped)s” (%(slug)s) was merged into it.")
        self.log_change(request, kept, told % {"dropped": dropped, "slug": dropped.slug})
        LogEntry.objects.create(
            user_id=str(request.user.pk),
            content_type=ContentType.objects.get_for_model(self.model),
            object_id=pk,
            object_repr=str(dropped)[:200],
            action_flag=DELETION,
        )
        said = _("“%(dropped)s” is part of “%(kept)s” now.")
        if plan.leads_on:
            said = _("“%(dropped)s” is part of “%(kept)s” now, and its address leads here.")
        messages.success(request, said % {"dropped": dropped, "kept": kept})
        return HttpResponseRedirect(reverse(self._name("change"), args=[kept.pk]))

    def _name(self, page: str) -> str:
        return f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}"


@admin.register(Person)
class MergeablePersonAdmin(Mergeable, PersonAdmin):
    found_by = (Participant, "person")


@admin.register(Organisation)
class MergeableOrganisationAdmin(Mergeable, OrganisationAdmin):
    found_by = (Participant, "organisation")


@admin.register(Topic)
class MergeableTopicAdmin(Mergeable, TopicAdmin):
    found_by = (EngagementTopic, "tag")
