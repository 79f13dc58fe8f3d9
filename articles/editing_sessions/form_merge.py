"""Three-way merge of a form that was sent after somebody else had saved the same record.

The base is what the form held when it was opened. Against what the record holds now, a value that
only the colleague changed is taken over, a value that both changed stays as it was typed, lists are
merged as sets, and rows are added and removed as the colleague did. Every difference is listed.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core import signing
from django.forms.formsets import DELETION_FIELD_NAME
from django.http import QueryDict
from django.utils import timezone
from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from articles.richtext import BodyFormField, diff_list, diff_story, diff_text, replacement, sanitize
from engagements.text import is_key

SALT = "what a form held when it was opened"
MOST_ROWS = 10_000  # a number beyond is not one that a browser sent
# A row that was never filled in has these all the same.
NOT_TYPED = {"id", "position", "outcome", DELETION_FIELD_NAME}

Values = list[str]
Sent = dict[str, Values]  # as a browser sends it, by the names of the inputs
Plain = dict[str, Any]  # a state without labels: {"fields": Sent, "rows": {formset: {pk: Plain}}}


class SealedField(forms.CharField):
    """What a form held when it was opened: no content, so it is never a change."""

    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class MergeableForm(forms.Form):
    opened = SealedField(required=False)
    # Set by the admin: why the form is not saved although nothing in it is wrong.
    refusals: list[str] = []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for sentence in self.refusals:
            self.add_error(None, sentence)
        return cleaned


@dataclass
class Input:
    """One input of a form, with the field that it belongs to."""

    label: str
    field: Any
    draw: Callable[[Any], SafeString] | None = None  # draws a chosen row

    @property
    def is_list(self) -> bool:
        return isinstance(self.field, forms.ModelMultipleChoiceField)

    def comparable(self, values: Values) -> Values:
        values = _comparable(values)
        is_story = isinstance(self.field, BodyFormField)
        return [sanitize(value) for value in values] if is_story else values

    def marked(self, old: Values, new: Values) -> SafeString:
        """Return the new value as HTML, with what changed from the old one marked."""
        sides = [self._read(self.comparable(values)) for values in (old, new)]
        texts = [", ".join(map(str, side)) for side in sides]
        if isinstance(self.field, BodyFormField):
            return diff_story(*texts)
        if self.is_list:
            return diff_list(*(sorted(map(str, side)) for side in sides))
        is_chosen = isinstance(self.field, forms.ChoiceField | forms.BooleanField)
        html = (replacement if is_chosen else diff_text)(*texts)
        drawn = map(self.draw, sides[1]) if self.draw else ()
        return format_html_join(" ", "{}", ((each,) for each in (html, *drawn)))

    def _read(self, values: Values) -> list[Any]:
        """Return rows, names of choices or texts, as a person reads them."""
        if isinstance(self.field.widget, forms.CheckboxInput):
            return [_("yes") if values else _("no")]
        if isinstance(self.field, forms.ModelChoiceField):
            queryset: Any = self.field.queryset
            return list(queryset.filter(pk__in=filter(is_key, values)))
        choices = {str(key): name for key, name in getattr(self.field, "choices", ())}
        return [choices.get(value, value) for value in values]


@dataclass
class Part:
    """Inputs whose values are taken from one side or the other together; most stand alone."""

    label: str
    inputs: dict[str, Input]

    @property
    def first(self) -> Input:
        return next(iter(self.inputs.values()))

    def changed(self, old: Sent, new: Sent) -> list[str]:
        """Return the names of the inputs whose values differ."""
        return [
            name
            for name, each in self.inputs.items()
            if each.comparable(old[name]) != each.comparable(new[name])
        ]

    def merged(self, was: Sent, theirs: Sent, mine: Sent) -> Sent:
        """Return theirs if `mine` is as it was, else `mine`; of a list what both made of it."""
        if not self.changed(was, mine):
            return theirs
        if not self.first.is_list:
            return mine
        (name,) = mine
        old, one, other = (set(side[name]) for side in (was, theirs, mine))
        return {name: sorted((one | other) - (old - one) - (old - other))}

    def marked(self, old: Sent, new: Sent) -> SafeString:
        if len(self.inputs) == 1:
            return self.first.marked(*old.values(), *new.values())
        lines = (
            (self.inputs[name].label, self.inputs[name].marked(old[name], new[name]))
            for name in self.changed(old, new)
        )
        return format_html_join("", "<p>{}: {}</p>", lines)


@dataclass
class State:
    """What a form holds: its own values and, by formset and key, its rows."""

    label: str
    fields: Sent = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)
    rows: dict[str, dict[str, "State"]] = field(default_factory=dict)

    def plain(self) -> Plain:
        rows = {
            group: {pk: row.plain() for pk, row in rows.items()}
            for group, rows in self.rows.items()
        }
        return {"fields": self.fields, "rows": rows}

    def group(self, name: str, label: str, members: Iterable[str]) -> None:
        """Merge fields of the form as one part."""
        parts = [self.parts.pop(member) for member in members]
        inputs = {name: each for part in parts for name, each in part.inputs.items()}
        self.parts[name] = Part(label, inputs)


@dataclass
class Change:
    """A difference, as HTML with what each side changed marked (`mine`: "" if only they did).

    `outcome` says what the form holds now. `take` names the checkbox that asks for theirs instead.
    """

    label: str
    outcome: str
    theirs: str
    mine: str = ""
    take: str = ""


def state_of(form: Any, formsets: dict[str, Any], label: str = "") -> State:
    """Return what an unbound form and its formsets hold, by their names without prefixes."""
    state = State(label)
    for bound in form:
        name = bound.html_name.removeprefix(f"{form.prefix}-") if form.prefix else bound.html_name
        if name in (DELETION_FIELD_NAME, "opened"):
            continue
        sent = {name + suffix: values for suffix, values in _sent(bound)}
        inputs = {key: Input(str(bound.label), bound.field) for key in sent}
        state.fields |= sent
        state.parts[name] = Part(str(bound.label), inputs)
    for group, formset in formsets.items():
        rows = state.rows[group] = {}
        for row in formset.initial_forms:
            nested = {"actions": row.actions} if hasattr(row, "actions") else {}
            name = f"{capfirst(row._meta.model._meta.verbose_name)} “{row.instance}”"
            rows[str(row.instance.pk)] = state_of(row, nested, name)
    return state


def _sent(bound: Any) -> list[tuple[str, Values]]:
    """Return what a browser sends of a field that nobody touched, by the suffix of its name."""
    value = bound.value()
    widget: Any = bound.field.widget
    widget = getattr(widget, "widget", widget)  # the admin wraps those with buttons beside them
    if hasattr(widget, "widgets_names"):
        parts: Any = value if isinstance(value, list | tuple) else widget.decompress(value)
        return [
            (suffix, [str(inner.format_value(part) or "")])
            for suffix, inner, part in zip(widget.widgets_names, widget.widgets, parts, strict=True)
        ]
    if isinstance(widget, forms.CheckboxInput):
        return [("", ["on"] if value else [])]
    shown = widget.format_value(value)
    values = shown if isinstance(shown, list | tuple) else [shown]
    return [("", [str(one) for one in values if one is not None])]


def sealed(state: Plain) -> str:
    """Return a state as a form carries it, with this moment (`at`, in seconds since 1970)."""
    return signing.dumps({"at": timezone.now().timestamp(), **state}, salt=SALT, compress=True)


def unsealed(text: str) -> Plain | None:
    """Return what `sealed` was given; `None` for anything that did not come from there."""
    try:
        return signing.loads(text, salt=SALT)
    except (signing.BadSignature, ValueError):
        return None


def _comparable(values: Iterable[str]) -> Values:
    return sorted("\n".join(value.strip().splitlines()) for value in values if value.strip())


def _put(data: QueryDict, prefix: str, sent: Sent) -> None:
    for name, values in sent.items():
        data.setlist(prefix + name, values)


def merge_form(
    data: QueryDict, opened: Plain, now: State, prefix: str = "", path: str = ""
) -> list[Change]:
    """Bring what was sent up to what the record holds now; return what differs.

    Where a change was listed before and its checkbox is ticked, theirs takes the place of what was
    typed: it is what the form was opened on by then.
    """
    changes = []
    for key, part in now.parts.items():
        names, take = [*part.inputs], f"take-{path}{key}"
        if not all(name in opened["fields"] for name in names):
            continue
        was, theirs = ({n: held[n] for n in names} for held in (opened["fields"], now.fields))
        mine = {name: data.getlist(prefix + name) for name in names}
        if take in data:
            mine = was
            _put(data, prefix, was)
        if not part.changed(was, theirs) or not part.changed(mine, theirs):
            continue
        merged = part.merged(was, theirs, mine)
        _put(data, prefix, merged)
        is_list = part.first.is_list
        if part.first.field.widget.is_hidden or (is_list and not part.changed(mine, merged)):
            continue
        change = Change(
            f"{now.label}: {part.label}" if now.label else part.label,
            _("Applied to the form."),
            part.marked(was, theirs),
        )
        if part.changed(theirs, merged):
            change.mine, change.take = part.marked(was, mine), take
            change.outcome = _("Your version is in the form.")
            if is_list:
                change.outcome = _("Additions and removals of both are in the form.")
        changes.append(change)
    for group, rows in now.rows.items():
        before = opened["rows"].get(group, {})
        changes += _merge_rows(data, before, rows, f"{prefix}{group}", f"{path}{group}")
    return changes


def _merge_rows(
    data: QueryDict, opened: dict[str, Plain], now: dict[str, State], prefix: str, path: str
) -> list[Change]:
    counts = [data.get(f"{prefix}-{name}", "") for name in ("INITIAL_FORMS", "TOTAL_FORMS")]
    if not all(map(is_key, counts)):
        return []  # the formset itself says so
    initial, total = (min(int(count), MOST_ROWS) for count in counts)
    keys = [data.get(f"{prefix}-{index}-id") or "" for index in range(initial)]
    changes: list[Change] = []
    for index, key in enumerate(keys):
        if key in opened and key in now:
            names = f"{prefix}-{index}-", f"{path}-{key}-"
            changes += merge_form(data, opened[key], now[key], *names)
    added = [key for key in now if key not in opened and key not in keys]
    gone = {key: opened[key] for key in keys if key in opened and key not in now}
    if not added and not gone:
        return changes
    sent = _take_rows(data, prefix, max(total, initial))
    old = list(zip(keys, sent, strict=False))
    changed = [row for key, row in old if key in gone and _is_changed(row, gone[key])]
    first = [row for key, row in old if key not in gone]
    first += [_as_sent(now[key].plain()) for key in added]
    later = [*(_as_new(row) for row in changed), *sent[initial:]]
    for index, row in enumerate([*first, *later]):
        _put(data, f"{prefix}-{index}-", row)
    data[f"{prefix}-INITIAL_FORMS"] = str(len(first))
    data[f"{prefix}-TOTAL_FORMS"] = str(len(first) + len(later))
    for key, row in old:
        if key in gone:
            # Only its values are left to name it by.
            title = next(filter(None, gone[key]["fields"].get("title", [])), _("A row"))
            outcome = _("Removed from the form.")
            if row in changed:
                outcome = _("You had changed it: the form has it as a new row.")
            changes.append(Change(title, outcome, escape(_("removed"))))
    taken = _("Applied to the form.")
    return changes + [Change(now[key].label, taken, escape(_("added"))) for key in added]


def _take_rows(data: QueryDict, prefix: str, total: int) -> list[dict[str, Values]]:
    """Take a formset's rows out of what was sent, by the names behind their number."""
    rows: list[dict[str, Values]] = [{} for _row in range(total)]
    pattern = re.compile(rf"{re.escape(prefix)}-([0-9]{{1,5}})-(.+)")
    for name in list(data):
        match = pattern.fullmatch(name)
        if match and int(match[1]) < total:
            rows[int(match[1])][match[2]] = data.pop(name)
    return rows


def _as_sent(row: Plain) -> Sent:
    """Return a row as a browser sends it, the rows nested in it included."""
    sent = dict(row["fields"])
    for group, rows in row["rows"].items():
        for name in ("TOTAL_FORMS", "INITIAL_FORMS"):
            sent[f"{group}-{name}"] = [str(len(rows))]
        for index, inner in enumerate(rows.values()):
            sent |= {f"{group}-{index}-{n}": values for n, values in _as_sent(inner).items()}
    return sent


def _is_changed(row: Sent, opened: Plain) -> bool:
    was = _as_sent(opened)
    names = {name for name in row if name.rpartition("-")[2] not in NOT_TYPED} | {*was}
    return DELETION_FIELD_NAME not in row and any(
        _comparable(row.get(name, [])) != _comparable(was.get(name, []))
        for name in names
        if not name.endswith("_FORMS")
    )


def _as_new(row: Sent) -> Sent:
    """Return a row, and the rows nested in it, as if nobody had saved them yet."""
    blank = {"id": [""], "outcome": [""], "INITIAL_FORMS": ["0"]}
    return {name: blank.get(name.rpartition("-")[2], values) for name, values in row.items()}
