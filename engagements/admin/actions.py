from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from engagements.admin.base import (
    BoundedLists,
    KeyedAutocompletes,
    OwnSources,
    Recorded,
    TableFilter,
)
from engagements.forms import ActionForm
from engagements.history import record_first
from engagements.models import Action, ActionUpdate
from engagements.text import key_of


class OverdueFilter(TableFilter):
    title, parameter_name = _("overdue"), "overdue"

    def table(self, person):
        return {"yes": (_("Yes"), lambda rows: rows.overdue(timezone.localdate()))}


class ActionUpdateInline(OwnSources, admin.StackedInline):
    """Append-only: another update corrects an error."""

    model = ActionUpdate
    extra = 1
    fields = [("date", "status"), "text", "sources", "confirmed_by"]
    readonly_fields = ["confirmed_by"]
    page_object = "engagement__outcomes__actions"

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        # Readers see an update at once, except "done", which waits for a second person.
        action_id = key_of(request.resolver_match.kwargs.get("object_id"))
        seen = Action.objects.filter(outcome__engagement__public_from__isnull=False)
        if (
            db_field.name == "status"
            and not request.user.has_perm("engagements.publish_engagement")
            and seen.filter(pk=action_id).exists()
        ):
            done = Action.Status.DONE
            kwargs["choices"] = [("", "---------"), (done.value, done.label)]
            kwargs["help_text"] = _("Readers follow this action: ask an editor for another status.")
        return super().formfield_for_choice_field(db_field, request, **kwargs)


@admin.register(Action)
class ActionAdmin(Recorded, KeyedAutocompletes, BoundedLists):
    """An action's updates, and the confirmation of "done" by a second person.

    Actions themselves are added in their engagement's form.
    """

    form = ActionForm
    list_display = ["title", "engagement", "owner", "due", "status", "overdue"]
    list_filter = [OverdueFilter, "status"]
    list_select_related = ["outcome__engagement", "owner_country", "owner_organisation"]
    search_fields = ["title", "outcome__title", "outcome__engagement__title"]
    autocomplete_fields = ["owner_country", "owner_organisation"]
    readonly_fields = ["outcome", "status"]
    fields = [
        "outcome",
        "title",
        ("owner_country", "owner_organisation", "owner_text"),
        ("due", "status"),
    ]
    inlines = [ActionUpdateInline]
    actions = ["confirm_done"]

    def engagement_of(self, obj):
        return obj.outcome.engagement_id

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        allowed = super().has_delete_permission(request, obj)
        return allowed and request.user.has_perm("engagements.publish_engagement")

    def get_readonly_fields(self, request, obj=None):
        # Only those who may publish change a public action; anybody else adds updates.
        if (
            obj is not None
            and obj.outcome.engagement.public_from is not None
            and not request.user.has_perm("engagements.publish_engagement")
        ):
            return flatten_fieldsets(self.get_fieldsets(request, obj))
        return self.readonly_fields

    @admin.display(description=_("engagement"), ordering="outcome__engagement__title")
    def engagement(self, action):
        return action.outcome.engagement

    @admin.display(description=_("overdue"), boolean=True)
    def overdue(self, action):
        return action.is_overdue(timezone.localdate())

    def save_formset(self, request, form, formset, change):
        for update in formset.save(commit=False):
            update.reported_by = request.user
            update.save()
        formset.save_m2m()

    @admin.action(description=_("Confirm “done” as the second person"), permissions=["confirm"])
    def confirm_done(self, request, queryset):
        confirmed = 0
        for action in queryset:
            update = action.updates.filter(
                status=Action.Status.DONE, confirmed_by__isnull=True
            ).last()
            try:
                if update is None:
                    raise ValidationError(gettext("Nobody has reported it as done."))
                with transaction.atomic():
                    record_first(action.outcome.engagement_id)
                    update.confirm(by=request.user)
                self.log_change(request, action, gettext("Confirmed as done."))
                confirmed += 1
            except ValidationError as error:
                messages.error(request, f"{action}: {' '.join(error.messages)}")
        if confirmed:
            messages.success(request, gettext("%d confirmed as done.") % confirmed)

    def has_confirm_permission(self, request):
        return request.user.has_perm("engagements.change_actionupdate")
