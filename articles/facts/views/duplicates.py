"""The page that merges a duplicate of a person, an organisation or a topic into another."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import DELETION, LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from articles.desk.duplicates import may_merge
from articles.facts.duplicate_merge import (
    MergePlan,
    Subject,
    merge_duplicate,
    merge_failure_reasons,
    merge_plan,
)
from engagements.admin.pages import change_url, desk_page, desk_view, log_change
from engagements.models import EngagementTopic, Organisation, Participant, Person, Topic
from engagements.widgets import Autocomplete

# Edits that the preview lists; the rest are counted.
MOST_STEPS = 100
# The foreign key to each model whose autocomplete offers the targets.
FOREIGN_KEYS: dict[type[Subject], Any] = {
    Person: Participant._meta.get_field("person"),
    Organisation: Participant._meta.get_field("organisation"),
    Topic: EngagementTopic._meta.get_field("tag"),
}


@desk_view()
def merge_page(request: HttpRequest, object_id: int, model: type[Subject]) -> HttpResponse:
    """Show what a merge will do and, once confirmed, do it."""
    if not may_merge(request.user, str(model._meta.model_name)):
        raise PermissionDenied
    duplicate: Any = get_object_or_404(model, pk=object_id)
    asked = request.POST if request.method == "POST" else request.GET
    form = target_form(model, asked if "into" in asked else None)
    target = form.cleaned_data["into"] if form.is_valid() else None
    reasons = merge_failure_reasons(duplicate, target) if target else []
    errors = [*form.errors.get("into", []), *reasons]
    if request.method == "POST" and target is not None and not errors:
        try:
            plan = merge_duplicate(duplicate, target, fingerprint=asked.get("fingerprint", ""))
        except ValidationError as error:
            errors += error.messages
        else:
            return _merged(request, plan, object_id)
    return desk_page(
        request,
        "admin/merge_duplicate.html",
        _("Merge “%s” into another") % duplicate,
        row=duplicate,
        target=target,
        plan=merge_plan(duplicate, target) if target and not reasons else None,
        most=MOST_STEPS,
        errors=errors,
        form=form,
        media=admin.site.get_model_admin(model).media + form.media,
        back=change_url(duplicate),
    )


def target_form(model: type[Subject], data: Any) -> forms.Form:
    """Return the form with the autocomplete of the target."""
    # The script fetches the choices, and a required select without choices is invalid HTML.
    form = forms.Form(data, use_required_attribute=False)
    form.fields["into"] = forms.ModelChoiceField(
        model._default_manager.all(),
        label=_("Merge into"),
        widget=Autocomplete(FOREIGN_KEYS[model], admin.site),
        error_messages={
            "required": _("Choose the entry to merge it into."),
            "invalid_choice": _("There is no such entry: choose one from the list."),
        },
    )
    return form


def _merged(request: HttpRequest, plan: MergePlan, pk: int) -> HttpResponse:
    duplicate, target = plan.duplicate, plan.target
    message = _("“%(duplicate)s” (%(slug)s) was merged into it.")
    log_change(request, message % {"duplicate": duplicate, "slug": duplicate.slug}, target)
    duplicate.pk = pk  # the deletion has cleared it
    person: Any = request.user
    LogEntry.objects.log_actions(person.pk, [duplicate], DELETION)
    message = _("“%(duplicate)s” was merged into “%(target)s”.")
    if plan.redirects:
        message = _("“%(duplicate)s” was merged into “%(target)s”. Its address redirects here.")
    messages.success(request, message % {"duplicate": duplicate, "target": target})
    return redirect(change_url(target))
