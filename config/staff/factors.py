"""Second factors: an authenticator app or a passkey in addition to the password."""

from typing import Any

from allauth.mfa.models import Authenticator

from config.staff.models import RequiredFactor

# Recovery codes come with one of these and are not a factor of their own.
FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def owes_factor(user: Any) -> bool:
    """Return whether a user has to set up a second factor that an administrator requires."""
    required = RequiredFactor.objects.filter(user=user.pk)
    return required.exclude(user__authenticator__type__in=FACTORS).exists()


def require_factor(user: Any, *, by: Any) -> None:
    RequiredFactor.objects.get_or_create(user=user, defaults={"required_by": by})


def reset_factors(user: Any) -> int:
    """Delete a user's factors and recovery codes; return how many."""
    deleted, _by_model = Authenticator.objects.filter(user=user).delete()
    return deleted
