"""Adapters that change allauth's defaults."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.core.internal.ratelimit import get_ip
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config.staff import encryption


class StaffBackend(AuthenticationBackend):
    @classmethod
    def _stash_user(cls, user: Any) -> None:
        """Remember nobody: the right password of a disabled account is answered as a wrong one."""


class StaffAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": _(
            "Too many wrong passwords for this name from where you are. Wait five minutes, then "
            "try again, or ask an administrator for a new password."
        ),
    }

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Return the name together with the address, so that nobody locks somebody else out."""
        name = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{name}:{get_ip(request)}"

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: administrators create the accounts."""
        return False


class FactorAdapter(DefaultMFAAdapter):
    def _get_site_name(self) -> str:
        # Shown by authenticator apps and browsers.
        return settings.SITE_NAME

    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return encryption.decrypt(encrypted_text)
