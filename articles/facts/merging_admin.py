"""The admin of people, organisations and topics, with a page to merge two of them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from articles.editing_sessions.batched_admin import RefreshedOnce
from articles.facts.merging import MergePlan, merge, merge_failure_reasons, merge_plan
from engagements.admin.parties import OrganisationAdmin, PersonAdmin, TopicAdmin
from engagements.models import EngagementTopic, Organisation, Participant, Person, Topic
from engagements.text import is_key
from engagements.widgets import Autocomplete

# Edits that the preview lists; the rest are counted.
MOST_STEPS = 100


class Mergeable(RefreshedOnce):
    """Adds a page that shows what a merge will do and, once confirmed, does it."""

    # The model and its foreign key whose autocomplete offers the targets.
    search_field: tuple[Any, str]
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
        # A merge deletes one of the two.
        return self.has_change_permission(request) and self.has_delete_permission(request)

    def render_change_form(self, request, context, *args, **kwargs):
        context["may_merge"] = self.may_merge(request)
        return super().render_change_form(request, context, *args, **kwargs)

    def merge_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.may_merge(request):
            raise PermissionDenied
        duplicate = get_object_or_404(self.model, pk=object_id if is_key(object_id) else None)
        asked = request.POST if request.method == "POST" else request.GET
        errors: list[str] = []
        target = self._other(asked.get("into", ""), errors)
        if asked.get("into") == "":
            errors.append(_("Choose the entry to merge it into."))
        reasons = merge_failure_reasons(duplicate, target) if target else []
        errors += reasons
        if request.method == "POST" and target is not None and not errors:
            try:
                done = merge(duplicate, target, fingerprint=asked.get("fingerprint", ""))
            except ValidationError as error:
                errors += error.messages
            else:
                return self._merged(request, done, object_id)
        form = self._form({"into": target.pk if target else ""})

        context = {
            **self.admin_site.each_context(request),
            "title": _("Merge “%s” into another") % duplicate,
            "opts": self.opts,
            "object": duplicate,
            "target": target,
            "plan": merge_plan(duplicate, target) if target and not reasons else None,
            "most": MOST_STEPS,
            "errors": errors,
            "form": form,
            "media": self.media + form.media,
            "back": reverse(self._name("change"), args=[duplicate.pk]),
        }
        return TemplateResponse(request, "admin/merge.html", context)

    def _other(self, text: str, errors: list[str]) -> Any:
        if not text:
            return None
        row = self.model._default_manager.filter(pk=text).first() if is_key(text) else None
        if row is None:
            errors.append(_("There is no entry “%s”: choose one from the list.") % text[:20])
        return row

    def _form(self, initial: dict[str, Any]) -> forms.Form:
        """Return the form with the autocomplete of the target."""
        model, name = self.search_field
        # The script fetches the choices, and a required select without choices is invalid HTML.
        form = forms.Form(initial=initial, use_required_attribute=False)
        form.fields["into"] = forms.ModelChoiceField(
            self.model._default_manager.all(),
            label=_("Merge into"),
            widget=Autocomplete(model._meta.get_field(name), self.admin_site),
        )
        return form

    def _merged(self, request: HttpRequest, plan: MergePlan, pk: str) -> HttpResponse:
        duplicate, target = plan.duplicate, plan.target
        message = _("“%(duplicate)s” (%(slug)s) was merged into it.")
        self.log_change(request, target, message % {"duplicate": duplicate, "slug": duplicate.slug})
        duplicate.pk = int(pk)  # the deletion has cleared it
        self.log_deletions(request, [duplicate])  # type: ignore[arg-type] # takes any iterable
        message = _("“%(duplicate)s” was merged into “%(target)s”.")
        if plan.redirects:
            message = _("“%(duplicate)s” was merged into “%(target)s”. Its address redirects here.")
        messages.success(request, message % {"duplicate": duplicate, "target": target})
        return redirect(self._name("change"), target.pk)

    def _name(self, page: str) -> str:
        return f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}"


@admin.register(Person)
class MergeablePersonAdmin(Mergeable, PersonAdmin):
    search_field = (Participant, "person")


@admin.register(Organisation)
class MergeableOrganisationAdmin(Mergeable, OrganisationAdmin):
    search_field = (Participant, "organisation")


@admin.register(Topic)
class MergeableTopicAdmin(Mergeable, TopicAdmin):
    search_field = (EngagementTopic, "tag")
