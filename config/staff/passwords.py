"""The strength of new passwords."""

from typing import Any

from allauth.usersessions.models import UserSession
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.staff.audit import record
from config.staff.models import AuditEvent
from config.staff.sessions import end_sessions

MIN_SCORE = 3  # of 4: at least 10^8 guesses
MAX_LENGTH = 72  # characters that are judged: zxcvbn's time grows with the square


class StrengthValidator:
    """Refuses what a program guesses soon: words, names, dates, rows of keys, repetitions.

    The estimate is that of zxcvbn (Wheeler, USENIX Security 2016).
    """

    def validate(self, password: str, user: Any = None) -> None:
        from zxcvbn import zxcvbn  # noqa: PLC0415 - its word lists take 10 MB of each worker

        names = ("username", "first_name", "last_name", "email")
        own = [text for name in names if (text := getattr(user, name, ""))]
        if zxcvbn(password[:MAX_LENGTH], user_inputs=own)["score"] < MIN_SCORE:
            raise ValidationError(
                _(
                    "This password is easily guessed. Take four or more words that do not belong "
                    "together, or let a password manager make one."
                ),
                code="password_too_weak",
            )

    def get_help_text(self) -> str:
        return _("Your password must not be easily guessed, such as a word, a date or “aaaaaaaa”.")

    def password_changed(self, password: str, user: Any = None) -> None:
        """Record it, and end the person's sessions; Django calls this after saving the account."""
        record(AuditEvent.Kind.PASSWORD, about=user)
        end_sessions(UserSession.objects.filter(user=user))
