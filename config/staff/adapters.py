"""Adapters that change allauth's defaults."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest


class StaffAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: administrators create the accounts."""
        return False


class FactorAdapter(DefaultMFAAdapter):
    def _get_site_name(self) -> str:
        # Shown by authenticator apps and browsers.
        return settings.SITE_NAME
