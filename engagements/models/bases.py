"""Columns that several models share, with their constraints."""

import re
from collections.abc import Collection, Sequence
from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

# Those of C0 and C1, line and paragraph separators, and code points that no encoding writes.
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


class LineField(models.CharField):
    """A text of one line: a line break, a tab or another control character is refused."""

    default_validators = [
        RegexValidator(
            CONTROL,
            _("Type this on one line, without line breaks, tabs or other control characters."),
            code="control_character",
            inverse_match=True,
        )
    ]

    def deconstruct(self) -> Any:
        # To the database it is an ordinary column.
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class CheckedAtOnce(models.Model):
    """Validation asks the database once whether all checks hold, and for each only if one does not.

    Django asks for each in a savepoint of its own: 30 statements for every edition that is saved.
    """

    _held: Collection[str] = ()  # names of constraints

    class Meta:
        abstract = True

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        self._held = self._checks_that_hold(exclude)
        try:
            super().validate_constraints(exclude=exclude)
        finally:
            self._held = ()

    def get_constraints(self) -> list[tuple[type[models.Model], Sequence[models.BaseConstraint]]]:
        return [
            (model, [row for row in constraints if row.name not in self._held])
            for model, constraints in super().get_constraints()
        ]

    def _checks_that_hold(self, exclude: Collection[str] | None) -> Collection[str]:
        """Return the names of the check constraints, or none of them if one of them fails."""
        values: dict[str, Any] = self._get_field_expression_map(  # type: ignore[attr-defined] # Django's own
            meta=self._meta, exclude=exclude
        )
        checks = {
            constraint.name: constraint.condition
            for constraint in self._meta.constraints
            if isinstance(constraint, models.CheckConstraint)
            and isinstance(constraint.condition, Q)
            # Of what is excluded nothing is known.
            and constraint.condition.referenced_base_fields <= values.keys()
        }
        # What is neither true nor false, for want of a value, is no violation.
        hold = (
            Coalesce(condition, Value(value=True), output_field=models.BooleanField())
            for condition in checks.values()
        )
        return checks.keys() if Q(*hold).check(values) else ()


class Fictional(models.Model):
    is_fictional = models.BooleanField(
        _("fictional"),
        default=False,
        help_text=_("Invented, for training or demonstration. Every page says so."),
    )

    class Meta:
        abstract = True


class Withdrawable(models.Model):
    """A page that somebody began; withdrawn, it answers 410 with the date and the reason."""

    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True, editable=False)
    withdrawn_reason = models.CharField(
        _("reason for the withdrawal"), max_length=300, blank=True, editable=False
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
        indexes = [
            models.Index(
                fields=["withdrawn_at"],
                condition=Q(withdrawn_at__isnull=False),
                name="%(class)s_withdrawn_at",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="%(class)s_withdrawal_has_reason",
                condition=Q(withdrawn_at__isnull=True, withdrawn_reason="")
                | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_reason="")),
                violation_error_message=_("A withdrawal needs its reason, and only a withdrawal."),
            ),
        ]
