"""Passkeys, with the browser's virtual authenticator in place of a finger."""

import pytest
from playwright.sync_api import expect

from articles.roles import EDITOR
from tests.browser.test_review import PASSWORD, sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]


def authenticator(page) -> None:
    """Give the page's browser a key that is built in, and that somebody is always touching."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }  # fmt: skip
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_passkey_is_added_and_signs_in_by_itself(browser, live_server):
    """One click each; no password is typed at the second sign-in."""
    page, _person = sign_in(browser, live_server, "amina", EDITOR)
    authenticator(page)
    page.goto("/admin/account/second-step/webauthn/add/")
    page.fill("#id_password", PASSWORD)  # to be sure that it is still her
    page.press("#id_password", "Enter")
    page.get_by_label("Passwordless").check()
    page.click("#mfa_webauthn_add")
    page.wait_for_url(lambda url: "/add/" not in url)
    page.context.clear_cookies()
    page.goto("/admin/")
    page.click("#passkey_login")
    page.wait_for_url("**/admin/")
    expect(page.locator("#user-tools")).to_contain_text("amina")
