"""An administrator and a writer, each in a browser: a second step required, set up, and reset."""

import re

import pytest
from allauth.mfa.totp.internal import auth
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from articles.roles import ADMINISTRATOR, WRITER
from tests.browser.test_autosave import colleague
from tests.browser.test_autosave import sign_in as let_in
from tests.browser.test_review import PASSWORD, sign_in, told

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]


@pytest.mark.page
def test_second_step_is_required_set_up_asked_for_and_reset(
    browser, page, live_server, monkeypatch
):
    """Nothing of the desk before it is set up; with the telephone lost, an administrator helps."""
    periods = [59_000_000]  # of half a minute since 1970
    monkeypatch.setattr(auth, "yield_hotp_counters_from_time", lambda: periods[-1:])
    page.live_url = live_server.url
    jonas = colleague("Jonas")
    jonas.groups.add(Group.objects.get(name=ADMINISTRATOR))
    let_in(page, jonas)
    amina, _writer = sign_in(browser, live_server, "amina", WRITER)

    def act(action: str, words: str) -> None:
        page.goto("/admin/auth/user/")
        page.get_by_role("row", name="amina").get_by_role("checkbox").check()
        page.locator("select[name=action]").select_option(label=action)
        page.get_by_role("button", name="Go").click()
        told(page, words)

    def enter_password() -> None:
        amina.fill("#id_password", PASSWORD)
        amina.press("#id_password", "Enter")

    def sign_in_again() -> None:
        amina.context.clear_cookies()
        amina.goto("/admin/")
        amina.fill("#id_login", "amina")
        enter_password()

    def asked_for_a_second_step():
        return amina.get_by_text("An administrator requires a second step at your sign-in.")

    act("Require a second step at sign-in", "1 person needs a second step.")
    amina.goto("/admin/articles/article/")
    expect(asked_for_a_second_step()).to_be_visible()
    amina.locator("[href$='/totp/activate/']").click()
    enter_password()  # to be sure that it is still her
    secret = amina.get_by_label("Authenticator secret").input_value()
    expect(amina.get_by_role("img", name=secret)).to_be_visible()
    amina.get_by_label("Authenticator code").fill("000000")
    amina.get_by_role("button", name="Activate").click()
    expect(amina.get_by_text("Incorrect code.")).to_be_visible()

    def enter_code(button: str) -> None:
        code = auth.format_hotp_value(auth.hotp_value(secret, periods[-1]))
        amina.get_by_label("code").fill(code)
        amina.get_by_role("button", name=button).click()

    enter_code("Activate")
    amina.goto("/admin/articles/article/")
    expect(amina).to_have_url(re.compile("/admin/articles/article/$"))

    periods.append(periods[-1] + 1)  # a code is good for one time
    sign_in_again()
    expect(amina).to_have_url(re.compile("/second-step/authenticate/"))
    enter_code("Sign In")
    amina.wait_for_url("**/admin/")

    act("Reset the second step (a lost telephone or key)", "signs in with the password alone")
    sign_in_again()
    expect(asked_for_a_second_step()).to_be_visible()
    amina.context.close()
