"""Encryption of the secrets of second steps in the database.

The first key of SECOND_STEP_KEYS encrypts, and all of them decrypt. Secrets that were stored before
there was any are read as they are, until `rotate` encrypts them.
"""

import logging
import secrets
from base64 import b32encode
from functools import cache

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import transaction

logger = logging.getLogger(__name__)

# How a Fernet token begins. No secret does: these are in base 32 or hexadecimal.
BEGINNING = "gAAAAA"
# The columns of `Authenticator.data` that are secret; a passkey has none.
SECRET = ("secret", "seed", "migrated_codes")


@cache
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _keys() -> MultiFernet:
    return _fernet(tuple(settings.SECOND_STEP_KEYS))


def encrypt(text: str) -> str:
    return _keys().encrypt(text.encode()).decode()


def decrypt(text: str) -> str:
    """Return a stored secret.

    Without its key, return a new one: no code fits it, and an administrator resets the second step.
    """
    if not _is_encrypted(text):
        return text
    try:
        return _keys().decrypt(text).decode()
    except InvalidToken:
        logger.error("SECOND_STEP_KEYS lacks the key of a second step.")  # noqa: TRY400 - says all
        return b32encode(secrets.token_bytes(20)).decode()


def _rotated(text: str) -> str:
    return _keys().rotate(text).decode() if _is_encrypted(text) else encrypt(text)


def count_plain() -> int:
    """Return the number of second steps whose secrets an older release stored as they are."""
    rows = Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN)
    return sum(any(not _is_encrypted(text) for text in _secrets(row)) for row in rows)


def _secrets(row: Authenticator) -> list[str]:
    values = [row.data[name] for name in row.data.keys() & SECRET]
    return [text for value in values for text in (value if isinstance(value, list) else [value])]


def _is_encrypted(text: str) -> bool:
    return text.startswith(BEGINNING)


@transaction.atomic
def rotate() -> int:
    """Encrypt every secret with the first key; return the number of second steps.

    Raises `InvalidToken`, and changes nothing, if the key of one is missing.
    """
    steps = Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN)
    rows = list(steps.select_for_update())
    for row in rows:
        for name in row.data.keys() & SECRET:
            value = row.data[name]
            is_list = isinstance(value, list)
            row.data[name] = [_rotated(text) for text in value] if is_list else _rotated(value)
        row.save(update_fields=["data"])
    return len(rows)
