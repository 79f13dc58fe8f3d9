"""A form of facts that was opened, changed by a colleague meanwhile, and then sent.

What the form held when it was opened travels with it. Against what the record holds now, a value
that only the colleague changed is taken over, a value that both changed stays as it was typed, and
a row that is gone no longer stands in the way. Every difference is told.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django import forms
from django.core import signing
from django.forms.formsets import DELETION_FIELD_NAME
from django.http import QueryDict
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from articles.richtext.diff import changed_text
from engagements.widgets import is_key

SALT = "what a form held when it was opened"
MOST_ROWS = 10_000  # a number beyond is not one that a browser sent
# A row that was never filled in has these all the same.
NOT_TYPED = {"id", "position", "outcome", DELETION_FIELD_NAME}

Values = list[str]
Plain = dict[str, Any]  # a state without labels: {"fields": {name: values}, "rows": {…: {pk: …}}}


class Value(NamedTuple):
    label: str
    values: Values
    field: forms.Field

    def shown(self, values: Iterable[str]) -> str:
        """Return values as a person reads them."""
        sent = [value for value in values if value]
        if isinstance(self.field.widget, forms.CheckboxInput):
            return _("yes") if sent else _("no")
        if isinstance(self.field, forms.ModelChoiceField):
            rows: Any = self.field.queryset
            return ", ".join(str(row) for row in rows.filter(pk__in=filter(is_key, sent)))
        if isinstance(self.field, forms.ChoiceField):
            choices: Any = self.field.choices
            names = {str(key): str(name) for key, name in choices}
            return ", ".join(names.get(value, value) for value in sent)
        return ", ".join(sent)


@dataclass
class State:
    """What a form holds: its own values and, by formset and key, its rows."""

    label: str
    fields: dict[str, Value] = field(default_factory=dict)
    rows: dict[str, dict[str, "State"]] = field(default_factory=dict)

    def plain(self) -> Plain:
        return {
            "fields": {name: value.values for name, value in self.fields.items()},
            "rows": {
                group: {pk: row.plain() for pk, row in rows.items()}
                for group, rows in self.rows.items()
            },
        }


class Change(NamedTuple):
    """`theirs` and `mine` mark what each changed; `told` says what became of it in the form."""

    label: str
    theirs: SafeString
    mine: SafeString
    told: str


def state_of(form: Any, formsets: dict[str, Any], label: str = "") -> State:
    """Return what an unbound form and its formsets hold, by their names without prefixes."""
    state = State(label)
    for bound in form:
        name = bound.html_name.removeprefix(f"{form.prefix}-") if form.prefix else bound.html_name
        if name != DELETION_FIELD_NAME:
            for suffix, values in _sent(bound):
                state.fields[name + suffix] = Value(str(bound.label), values, bound.field)
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


def sealed(state: State, at: float) -> str:
    """Return a state as a form carries it, with the moment (in seconds since 1970)."""
    return signing.dumps({"at": at, **state.plain()}, salt=SALT, compress=True)


def unsealed(text: str) -> Plain | None:
    """Return what `sealed` was given; `None` for anything that did not come from there."""
    try:
        return signing.loads(text, salt=SALT)
    except (signing.BadSignature, ValueError):
        return None


def _clean(values: Iterable[str]) -> Values:
    return sorted("\n".join(value.strip().splitlines()) for value in values if value.strip())


def merge(data: QueryDict, opened: Plain, now: State, prefix: str = "") -> list[Change]:
    """Bring what was sent up to what the record holds now; return what differs."""
    changes = []
    for name, value in now.fields.items():
        was, sent = opened["fields"].get(name), data.getlist(prefix + name)
        if was is None or _clean(was) == _clean(value.values):
            continue
        if _clean(sent) == _clean(value.values):
            continue
        is_mine = _clean(sent) != _clean(was)
        if not is_mine:
            data.setlist(prefix + name, value.values)
        before = value.shown(was)
        changes.append(
            Change(
                f"{now.label}: {value.label}" if now.label else value.label,
                changed_text(before, value.shown(value.values)),
                changed_text(before, value.shown(sent)) if is_mine else SafeString(""),
                _("The form has what you typed.") if is_mine else _("Taken into the form."),
            )
        )
    for group, rows in now.rows.items():
        changes += _merge_rows(data, f"{prefix}{group}", opened["rows"].get(group, {}), rows)
    return changes


def _merge_rows(
    data: QueryDict, prefix: str, opened: dict[str, Plain], now: dict[str, State]
) -> list[Change]:
    counts = [data.get(f"{prefix}-{name}", "") for name in ("INITIAL_FORMS", "TOTAL_FORMS")]
    if not all(map(is_key, counts)):
        return []  # the formset itself says so
    initial, total = (min(int(count), MOST_ROWS) for count in counts)
    keys = [data.get(f"{prefix}-{index}-id") or "" for index in range(initial)]
    changes: list[Change] = []
    for index, key in enumerate(keys):
        if key in opened and key in now:
            changes += merge(data, opened[key], now[key], f"{prefix}-{index}-")
    added = [key for key in now if key not in opened and key not in keys]
    gone = {key: opened[key] for key in keys if key in opened and key not in now}
    if not added and not gone:
        return changes
    sent = _take_rows(data, prefix, max(total, initial))
    old = list(zip(keys, sent, strict=False))
    kept = [row for key, row in old if key in gone and _is_changed(row, gone[key])]
    first = [row for key, row in old if key not in gone]
    first += [_as_sent(now[key].plain()) for key in added]
    later = [*(_as_new(row) for row in kept), *sent[initial:]]
    for index, row in enumerate([*first, *later]):
        for suffix, values in row.items():
            data.setlist(f"{prefix}-{index}-{suffix}", values)
    data[f"{prefix}-INITIAL_FORMS"] = str(len(first))
    data[f"{prefix}-TOTAL_FORMS"] = str(len(first) + len(later))
    for key, row in old:
        if key in gone:
            changes.append(_removed(gone[key], is_kept=row in kept))
    changes += [_told(now[key].label, _("added"), _("Taken into the form.")) for key in added]
    return changes


def _removed(row: Plain, *, is_kept: bool) -> Change:
    # Only its values are left to name it by.
    name = next((value for value in row["fields"].get("title", []) if value), _("A row"))
    if is_kept:
        return _told(name, _("removed"), _("You had changed it: the form has it as a new row."))
    return _told(name, _("removed"), _("Taken out of the form."))


def _told(label: str, what: str, told: str) -> Change:
    return Change(label, changed_text(what, what), SafeString(""), told)


def _take_rows(data: QueryDict, prefix: str, total: int) -> list[dict[str, Values]]:
    """Take a formset's rows out of what was sent, by the names behind their number."""
    rows: list[dict[str, Values]] = [{} for _row in range(total)]
    pattern = re.compile(rf"{re.escape(prefix)}-([0-9]{{1,5}})-(.+)")
    for name in list(data):
        match = pattern.fullmatch(name)
        if match and int(match[1]) < total:
            rows[int(match[1])][match[2]] = data.pop(name)
    return rows


def _as_sent(row: Plain) -> dict[str, Values]:
    """Return a row as a browser sends it, the rows nested in it included."""
    sent = dict(row["fields"])
    for group, rows in row["rows"].items():
        for name in ("TOTAL_FORMS", "INITIAL_FORMS"):
            sent[f"{group}-{name}"] = [str(len(rows))]
        for index, inner in enumerate(rows.values()):
            for name, values in _as_sent(inner).items():
                sent[f"{group}-{index}-{name}"] = values
    return sent


def _is_changed(row: dict[str, Values], opened: Plain) -> bool:
    if DELETION_FIELD_NAME in row:
        return False
    was = _as_sent(opened)
    for name, values in row.items():
        if name.endswith("_FORMS"):
            continue
        if name in was:
            if _clean(values) != _clean(was[name]):
                return True
        elif name.rpartition("-")[2] not in NOT_TYPED and _clean(values):
            return True
    return any(name not in row and _clean(values) for name, values in was.items())


def _as_new(row: dict[str, Values]) -> dict[str, Values]:
    """Return a row, and the rows nested in it, as if nobody had saved them yet."""
    new = dict(row)
    for name in row:
        last = name.rpartition("-")[2]
        if last in ("id", "outcome"):
            new[name] = [""]
        elif last == "INITIAL_FORMS":
            new[name] = ["0"]
    return new
