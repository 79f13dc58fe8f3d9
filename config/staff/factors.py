"""Second factors: an authenticator app or a passkey besides the password."""

from typing import Any

from allauth.mfa.models import Authenticator

from config.staff.models import RequiredFactor

# Recovery codes come with one of these, and are none by themselves.
FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def owes_factor(user: Any) -> bool:
    """Say whether an administrator asks for a second factor that is not set up yet."""
    required = RequiredFactor.objects.filter(user=user.pk)
    return required.exclude(user__authenticator__type__in=FACTORS).exists()


def require_factor(user: Any, *, by: Any) -> None:
    RequiredFactor.objects.get_or_create(user=user, defaults={"required_by": by})


def reset_factors(user: Any) -> int:
    """Forget every factor and recovery code, of a lost telephone say; return how many."""
    deleted, _by_model = Authenticator.objects.filter(user=user).delete()
    return deleted
