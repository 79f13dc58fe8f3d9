"""A review with two people at once, each in a browser of their own."""

import datetime as dt
import re

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from playwright.sync_api import expect

from articles.models import Article, Edition
from articles.roles import DESK_HEAD, EDITOR, WRITER
from engagements.dates import spelled_out
from tests.browser.clipboard import paste
from tests.browser.test_autosave import sign_in as let_in
from tests.factories import ArticleFactory, EngagementFactory, TopicFactory, UserFactory, make_draft

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]

PASSWORD = "a long enough passphrase"


def sign_in(browser, live_server, name, role):
    """Return a page on which somebody of a role is signed in."""
    person = UserFactory(username=name)
    person.set_password(PASSWORD)
    person.save()
    person.groups.add(Group.objects.get(name=role))
    context = browser.new_context(base_url=live_server.url, locale="en-GB", timezone_id="UTC")
    page = context.new_page()
    page.live_url = live_server.url
    let_in(page, person)
    page.goto("/admin/")
    return page, person


def told(page, words):
    page.locator(".messagelist .success", has_text=words).wait_for()


def test_story_goes_through_its_review(browser, live_server, monkeypatch, settings):
    """Sent, returned with a reason, mended, approved for an hour, and out when it comes."""
    settings.TIME_ZONE = "Africa/Algiers"  # an hour ahead of UTC, summer and winter
    amina, writer = sign_in(browser, live_server, "amina", WRITER)
    jonas, _editor = sign_in(browser, live_server, "jonas", EDITOR)
    visit = EngagementFactory(topics=[TopicFactory(name="Security", slug="security")])
    edition = make_draft(
        ArticleFactory(created_by=writer), author=writer, engagement=visit,
        headline="Envoy agrees on a forum", body="<p>Who agreed: TK.</p>",
    )  # fmt: skip
    form = f"/admin/articles/article/{edition.article_id}/change/"

    amina.goto(form)
    # What is missing stands there before anything is pressed, and leads to its field.
    amina.get_by_role("link", name="A placeholder is left in the story").click()
    assert amina.evaluate("document.activeElement.closest('.field-body') !== null")
    amina.locator(".ProseMirror").press("Control+a")
    paste(amina, "<p>The minister agreed.</p>")
    amina.click("[name=_submit]")
    told(amina, "Sent for review")

    jonas.goto("/admin/articles/article/?status=in_review")
    jonas.get_by_role("link", name="Envoy agrees on a forum").click()
    jonas.fill("#id_reason", "Which minister?")
    jonas.click("[name=_return]")
    told(jonas, "Returned to its writer")

    amina.goto(form)
    assert "Which minister?" in amina.locator(".returned").inner_text()
    amina.fill("#id_standfirst", "The minister of ports agreed.")
    amina.click("[name=_submit]")
    told(amina, "Sent for review")

    hour = timezone.now().replace(second=0, microsecond=0) + dt.timedelta(hours=2)
    jonas.goto(form)
    jonas.locator(".readiness.is-ready").wait_for()
    # Whose clock is meant is said before anything is typed, and of what was typed.
    expect(jonas.locator(".field-publish_at")).to_contain_text(
        re.compile(r"It is now .* \d\d:\d\d Algiers = .*\d\d:\d\d UTC")
    )
    local = timezone.localtime(hour)
    jonas.fill("#id_publish_at_0", local.strftime("%Y-%m-%d"))
    jonas.fill("#id_publish_at_1", local.strftime("%H:%M:%S"))
    jonas.click("[name=_publish]")
    told(jonas, f"Scheduled: readers see it from {spelled_out(hour)}.")
    assert f"{local:%H:%M} Algiers = " in spelled_out(hour)

    # Before its hour the address is like one that never was; then it is the article's.
    address = Article.objects.get().get_absolute_url()
    amina.context.clear_cookies()
    said = []
    for nothing in (address, "/articles/never-was/"):
        assert amina.goto(nothing).status == 404
        said.append((amina.title(), amina.locator("body").inner_text()))
    assert said[0] == said[1]
    monkeypatch.setattr(timezone, "now", lambda: hour)
    assert amina.goto(address).status == 200
    expect(amina.get_by_text("The minister of ports agreed.")).to_be_visible()
    assert Edition.objects.get(state="approved").approved_by.username == "jonas"
    for page in (amina, jonas):
        page.context.close()


def test_what_went_out_alone_is_flagged_until_another_approves(browser, live_server):
    """A desk head gives a reason; it stands on the form and in the list until an editor agrees."""
    amina, head = sign_in(browser, live_server, "amina", DESK_HEAD)
    jonas, _editor = sign_in(browser, live_server, "jonas", EDITOR)
    edition = make_draft(ArticleFactory(created_by=head), author=head, headline="Flood at the port")
    form = f"/admin/articles/article/{edition.article_id}/change/"
    amina.goto(form)
    expect(amina.locator("[name=_publish]")).to_have_count(0)
    amina.click("[name=_force]")
    expect(amina.locator(".errorlist", has_text="cannot wait").first).to_be_visible()
    amina.fill("#id_reason", "The water is rising.")
    amina.click("[name=_force]")
    told(amina, "Published")
    amina.goto(form)
    expect(amina.locator(".forced")).to_contain_text("The water is rising.")
    expect(amina.get_by_role("button", name="afterwards")).to_have_count(0)

    flagged = "/admin/articles/article/?status=forced"
    jonas.goto(flagged)
    jonas.get_by_role("link", name="Flood at the port").click()
    jonas.get_by_role("button", name="Approve edition 1 afterwards").click()
    told(jonas, "Approved afterwards.")
    expect(jonas.locator(".forced")).to_have_count(0)
    jonas.goto(flagged)
    expect(jonas.get_by_role("link", name="Flood at the port")).to_have_count(0)
    for page in (amina, jonas):
        page.context.close()
