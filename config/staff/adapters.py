"""Where our sign-in differs from allauth's own."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest


class StaffAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by an administrator."""
        return False


class FactorAdapter(DefaultMFAAdapter):
    def _get_site_name(self) -> str:
        # What an authenticator app and a browser call the account.
        return settings.SITE_NAME
