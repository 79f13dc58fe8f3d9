"""Shared parts of the admin of engagements."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper

from engagements.forms import KeysField
from engagements.history import record, record_first
from engagements.models import Source
from engagements.text import fold, is_key, key_of
from engagements.widgets import Autocomplete, AutocompleteMultiple


class QuietRelations(admin.options.BaseModelAdmin):
    """Offers to add or change what a field points to, but not to delete or view it."""

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget.can_delete_related = field.widget.can_view_related = False
        return field


class KeyedAutocompletes(admin.options.BaseModelAdmin):
    """Answers values that are no keys with a sentence, in autocompletes and multiple choices."""

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", Autocomplete(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", AutocompleteMultiple(db_field, self.admin_site))
        return super().formfield_for_manytomany(
            db_field, request, **{"form_class": KeysField, **kwargs}
        )


class LimitedRows(KeyedAutocompletes, admin.options.InlineModelAdmin):
    """An inline of at most 200 rows, as rendering each of them costs time."""

    max_num = 200

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.absolute_max = self.max_num
        return formset


class OwnSources(KeyedAutocompletes):
    """An inline whose only relation to many, `sources`, offers those of its engagement."""

    # From a source to the object of the page.
    page_object = "engagement"

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        own = {self.page_object: key_of(request.resolver_match.kwargs.get("object_id"))}
        kwargs["queryset"] = Source.objects.filter(**own)
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class BoundedLists(admin.ModelAdmin):
    """Limits search terms, and ignores ticked keys that are none."""

    def get_search_results(self, request, queryset, search_term):
        # Each word is a condition, and databases allow about a thousand.
        return super().get_search_results(request, queryset, search_term[:200])

    def get_changeform_initial_data(self, request):
        # No link of ours prefills a form, and an address may hold anything.
        return {}

    def changelist_view(self, request, extra_context=None):
        if request.method == "POST":
            ticked = request.POST.getlist(ACTION_CHECKBOX_NAME)
            request.POST = request.POST.copy()
            request.POST.setlist(ACTION_CHECKBOX_NAME, [key for key in ticked if is_key(key)])
        return super().changelist_view(request, extra_context)


class TableFilter(admin.SimpleListFilter):
    """A filter whose choices stand in a table, with their words and the rows that they leave."""

    @abstractmethod
    def table(self, person: Any) -> dict[str, tuple[Any, Callable[[Any], Any]]]:
        """Return words and a function of the queryset, by the value in the address."""

    def lookups(self, request, model_admin):
        return [(value, words) for value, (words, _narrow) in self.table(request.user).items()]

    def queryset(self, request, queryset):
        _words, narrow = self.table(request.user).get(self.value() or "", ("", None))
        return narrow(queryset) if narrow else queryset


class FoldedSearch(KeyedAutocompletes, BoundedLists):
    """Folds the search term, as the columns are: "turkiye" matches "Türkiye"."""

    def get_search_results(self, request, queryset, search_term):
        return super().get_search_results(request, queryset, fold(search_term[:200]))


class Recorded(admin.ModelAdmin):
    """Records each logged change as a revision of the engagement that it belongs to."""

    def engagement_of(self, obj: Any) -> int:
        """Return the pk of the engagement that `obj` belongs to."""
        return obj.pk

    def changeform_view(self, request, object_id=None, *args, **kwargs):
        if request.method == "POST" and is_key(object_id):
            obj = self.model._default_manager.filter(pk=object_id).first()
            if obj is not None:
                record_first(self.engagement_of(obj))
        return super().changeform_view(request, object_id, *args, **kwargs)

    def log_addition(self, request, obj, message):
        entry = super().log_addition(request, obj, message)
        record(self.engagement_of(obj), by=request.user, comment=entry.get_change_message())
        return entry

    def log_change(self, request, obj, message):
        entry = super().log_change(request, obj, message)
        note = getattr(request, "change_note", "")
        comment = f"{note} {entry.get_change_message()}".strip()
        record(self.engagement_of(obj), by=request.user, comment=comment)
        return entry
