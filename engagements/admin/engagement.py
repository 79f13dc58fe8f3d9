from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.db.models import Prefetch, TextField
from django.forms import CheckboxSelectMultiple, Textarea
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from engagements.admin.base import (
    FoldedSearch,
    LimitedRows,
    OwnSources,
    QuietRelations,
    Recorded,
    TableFilter,
)
from engagements.dates import spelled_out
from engagements.forms import (
    ActionForm,
    EngagementForm,
    EngagementRegionForm,
    EngagementRegionFormSet,
    OutcomeForm,
    OutcomeFormSet,
    ParticipantFormSet,
)
from engagements.models import (
    Action,
    Correction,
    Engagement,
    EngagementRegion,
    Outcome,
    Participant,
    Source,
)
from engagements.publishing import announce_dates, visibility_changed
from engagements.regions import derive_regions


class SourceBoxes(OwnSources):
    def formfield_for_manytomany(self, db_field, request, **kwargs):
        kwargs["widget"] = CheckboxSelectMultiple()
        kwargs["help_text"] = _("Where this one fact is from. Save the sources first.")
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class ParticipantInline(SourceBoxes, LimitedRows, QuietRelations, admin.StackedInline):
    model = Participant
    formset = ParticipantFormSet
    extra = 0
    min_num = 1
    autocomplete_fields = ["country", "organisation", "person", "appointment"]
    fields = [
        ("side", "is_lead", "position"),
        ("country", "organisation"),
        ("person", "appointment", "title_text"),
        "sources",
    ]

    def get_extra(self, request, obj=None, **kwargs):
        # A new engagement has two rows: a visitor and a host.
        return self.extra if obj else 1


class SourceInline(LimitedRows, admin.StackedInline):
    model = Source
    extra = 0
    fields = [("publisher", "title"), ("url", "archived_url"), ("published_date", "account")]


class OutcomeInline(SourceBoxes, LimitedRows, admin.StackedInline):
    model = Outcome
    form = OutcomeForm
    formset = OutcomeFormSet
    extra = 0
    max_num = 50
    formfield_overrides = {TextField: {"widget": Textarea(attrs={"rows": 2})}}
    fields = [("title", "position"), "details", "sources", "necessary_actions"]
    readonly_fields = ["necessary_actions"]

    class Media:
        js = ["js/nested-actions.js"]

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        # Whoever may change the engagement may change its actions.
        parent = self.admin_site.get_model_admin(Engagement)
        editable = (
            parent.has_change_permission(request, obj)
            if obj
            else parent.has_add_permission(request)
        )
        formset.action_formset = ActionInline(Outcome, self.admin_site).get_formset(
            request, extra=int(editable), can_delete=editable
        )
        return formset

    @admin.display(description=_("Necessary actions"))
    def necessary_actions(self, outcome):
        return render_to_string(
            "admin/engagements/nested_actions.html", {"formset": outcome.actions_formset}
        )


class ActionInline(LimitedRows, QuietRelations, admin.TabularInline):
    """An outcome's actions, within its row in the engagement's form."""

    model = Action
    form = ActionForm
    max_num = 50
    autocomplete_fields = ["owner_country", "owner_organisation"]
    fields = ["title", "owner_country", "owner_organisation", "owner_text", "due", "position"]


class EngagementRegionInline(LimitedRows, QuietRelations, admin.TabularInline):
    model = EngagementRegion
    form = EngagementRegionForm
    formset = EngagementRegionFormSet
    extra = 0
    verbose_name_plural = _("Regions: derived from the countries, added or removed by an editor")


class VisibilityFilter(TableFilter):
    title, parameter_name = _("visibility"), "visibility"

    def table(self, person):
        now = timezone.now()
        return {
            "public": (_("Public"), lambda rows: rows.public()),
            "embargoed": (_("Under embargo"), lambda rows: rows.filter(public_from__gt=now)),
            "draft": (_("Draft"), lambda rows: rows.filter(public_from=None)),
            "withdrawn": (_("Withdrawn"), lambda rows: rows.withdrawn()),
        }


class EngagementAdmin(QuietRelations, Recorded, FoldedSearch):
    """One form for an engagement and its rows. `articles` registers it, with the coverage."""

    form = EngagementForm
    formfield_overrides = {TextField: {"widget": Textarea(attrs={"rows": 3})}}
    date_hierarchy = "start_date"
    list_display = ["title", "kind", "who_to_where", "when", "region_names", "state"]
    list_filter = [VisibilityFilter, "kind", "status", "regions", "is_fictional"]
    list_per_page = 50
    search_fields = [
        "search_text",
        "participants__person__search_text",
        "participants__country__search_text",
        "participants__organisation__search_text",
        "location_country__search_text",
        "location_country__names__search_text",
    ]
    autocomplete_fields = ["location_country", "tour"]
    prepopulated_fields = {"slug": ["title"]}
    inlines = [ParticipantInline, SourceInline, OutcomeInline, EngagementRegionInline]
    change_form_template = "admin/engagements/engagement/change_form.html"
    fieldsets = [
        (None, {"fields": ["title", "slug", ("kind", "status"), "status_note", "summary"]}),
        (_("When"), {"fields": [("start", "end")]}),
        (_("Where"), {"fields": [("location_country", "city", "venue"), "tour"]}),
        (_("About"), {"fields": ["topics"]}),
        (
            _("Publication"),
            {
                "fields": ["public_from", "is_fictional", "withdrawn"],
                "description": _("Times are in the site's time zone."),
            },
        ),
    ]

    class Media:
        js = ["js/visit-form.js"]

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not obj.was_seen():
            return fieldsets
        return [*fieldsets, (_("Your change"), {"fields": ["change_note", "tells_readers"]})]

    def get_formset_kwargs(self, request, obj, inline, prefix):
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        if isinstance(inline, ParticipantInline) and obj.pk is None:
            kwargs["initial"] = [
                {"side": Participant.Side.VISITOR},
                {"side": Participant.Side.HOST},
            ]
        return kwargs

    def _create_formsets(self, request, obj, change):
        """Give the form, which is validated first, the formsets whose rows state facts."""
        formsets, inlines = super()._create_formsets(request, obj, change)  # type: ignore[misc]
        obj.fact_rows = [rows for rows in formsets if rows.model is not EngagementRegion]
        return formsets, inlines

    def get_readonly_fields(self, request, obj=None):
        if request.user.has_perm("engagements.publish_engagement"):
            return ["withdrawn"]
        return ["withdrawn", "public_from"]

    def has_change_permission(self, request, obj=None):
        allowed = super().has_change_permission(request, obj)
        # Only those who may publish change a public engagement.
        if allowed and obj is not None and obj.public_from is not None:
            return request.user.has_perm("engagements.publish_engagement")
        return allowed

    def has_delete_permission(self, request, obj=None):
        # One that was public is withdrawn instead: its address must not answer 404.
        allowed = super().has_delete_permission(request, obj)
        return allowed and not (obj and obj.was_seen())

    def save_model(self, request, obj, form, change):
        if not change:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)
        if "public_from" in form.changed_data:
            moment = spelled_out(obj.public_from) if obj.public_from else gettext("not yet")
            details = gettext("Public from: %s") % moment
            visibility_changed.send(Engagement, engagement=obj, details=details, by=request.user)
        note = form.cleaned_data.get("change_note")
        if not change or not note:
            return
        request.change_note = note
        is_announced = announce_dates(obj, form.old_dates, reason=note, by=request.user)
        if form.cleaned_data["tells_readers"] and not is_announced:
            Correction.objects.create(engagement=obj, note=note, made_by=request.user)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        engagement = form.instance
        for participant in engagement.participants.select_related("person"):
            participant.engagement = engagement
            participant.choose_appointment()
            participant.save(update_fields=["appointment"])
        # A pop-up closes: it has no page for a message.
        if not change and engagement.choose_location() and IS_POPUP_VAR not in request.POST:
            messages.info(
                request,
                gettext("Place: %s, where its host is. Change it if they met elsewhere.")
                % engagement.location_country,
            )
        derive_regions(engagement)

    def get_queryset(self, request):
        rows = EngagementRegion.objects.select_related("region")
        engagements: Any = super().get_queryset(request)
        return engagements.with_parties().prefetch_related(Prefetch("region_rows", rows))

    @admin.display(description=_("who → where"))
    def who_to_where(self, engagement):
        return " → ".join(filter(None, [engagement.who, engagement.where]))

    @admin.display(description=_("when"), ordering="sort_date")
    def when(self, engagement):
        return engagement.when

    @admin.display(description=_("regions"))
    def region_names(self, engagement):
        return ", ".join(
            row.region.name
            for row in engagement.region_rows.all()
            if row.origin != EngagementRegion.Origin.REMOVED
        )

    @admin.display(description=_("state"), ordering="status")
    def state(self, engagement):
        """The status and, unless it is public, whether it is a draft, embargoed or withdrawn."""
        words = [engagement.status_on(timezone.localdate())]
        if engagement.withdrawn_at:
            words.append(gettext("withdrawn"))
        elif engagement.public_from is None:
            words.append(gettext("draft"))
        elif engagement.public_from > timezone.now():
            words.append(gettext("under embargo"))
        return ", ".join(words)

    @admin.display(description=_("withdrawn"))
    def withdrawn(self, engagement):
        if not engagement.withdrawn_at:
            return gettext("No")
        at = timezone.localtime(engagement.withdrawn_at)
        return f"{at:%Y-%m-%d %H:%M %Z}: {engagement.withdrawn_reason}"
