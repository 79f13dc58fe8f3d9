"""A record with rows in every table, and what is in a database, read past the code under test."""

import datetime as dt
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import QuerySet

from articles.operations.rows import columns_of, models_of_record
from tests.articles.samples import make_full_article
from tests.factories import TopicFactory, UserFactory

# With all that COPY, JSON and SQL write otherwise.
TEXT = "Ünï “q” \\N \\t\t\"\n\u2028😀 '; --"
MOMENT = dt.datetime(2026, 3, 29, 1, 30, 59, 123457, dt.UTC)
DAYS = dict.fromkeys(
    (
        "start_precision", "end_precision", "old_start_precision", "old_end_precision",
        "new_start_precision", "new_end_precision",
    ),
    "day",
)  # fmt: skip
VALUES: list[tuple[tuple[type[models.Field], ...], Any]] = [
    ((models.EmailField,), "a@example.org"),
    ((models.GenericIPAddressField,), "2001:db8::1"),
    ((models.FileField, models.URLField, models.SlugField), "a-b"),
    ((models.CharField, models.TextField), TEXT),
    ((models.DateTimeField,), MOMENT),
    ((models.DateField,), MOMENT.date()),
    ((models.JSONField,), {"b": [1.5, None, TEXT, "\x01"], "a": {"": -1}}),
    ((models.UUIDField,), UUID(int=7)),
    ((models.BooleanField,), True),
    ((models.FloatField,), 0.1),
]
# By model, what its constraints ask for.
SPECIAL: dict[str, dict[str, Any]] = {
    "engagements.Appointment": {"organisation": None},
    "engagements.ActionUpdate": {"confirmed_by": None, "confirmed_at": None},
    "articles.Comment": {"parent": None, "field": "body"},
    "articles.DistinctPair": {"kind": "person", "second": 2},
    "articles.PreviewLink": {"expires_at": MOMENT + dt.timedelta(days=1)},
}
# Versions begin anew with a restore.
VERSIONS = {"articles.contentversion", "articles.scopeversion"}


def make_record() -> None:
    """Fill every table, so that a new model is in the tests by itself."""
    make_full_article([TopicFactory()])
    UserFactory(last_login=MOMENT)
    for model in models_of_record():
        _fill(model)


def _fill(model: type[models.Model]) -> models.Model:
    row = QuerySet(model).order_by("pk").last()
    if row is None:
        given = DAYS | SPECIAL.get(model._meta.label, {})
        values = {
            field.name: given[field.name] if field.name in given else _value(field)
            for field in model._meta.local_concrete_fields
            if not (field.generated or isinstance(field, models.AutoField))
        }
        [row] = QuerySet(model).bulk_create([model(**values)])
    return row


def _value(field: Any) -> Any:
    if isinstance(field, models.ForeignKey):
        return _fill(field.related_model)
    if field.choices:
        return field.choices[0][0]
    value = next((value for kinds, value in VALUES if isinstance(field, kinds)), 1)
    return value[: field.max_length] if isinstance(value, str) else value


def rows_of(using: str = "default", *, without: Collection[str] = ()) -> dict[str, set]:
    """Return every row of every table, as the database gives it."""
    return {
        label: {repr(row) for row in QuerySet(model, using=using).values_list(*columns_of(model))}
        for model in models_of_record()
        if (label := model._meta.label_lower) not in without
    }
