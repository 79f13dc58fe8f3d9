"""Every address of the desk and every action of its lists, by role: who may, and nobody else.

W: Writer, E: Editor, D: Desk head, A: Administrator, -: none of them.
"""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import RequestFactory
from django.urls import get_resolver, reverse

from articles.roles import ROLES
from tests.articles.test_sweep import _admin_argument, made_world, patterns, world
from tests.factories import UserFactory

__all__ = ["made_world", "world"]  # fixtures: an article and its visit in every state
pytestmark = pytest.mark.django_db

# Who reads the page of an object that readers see, and whose form it takes (empty, so nothing
# happens). `test_review` and `test_roles` have what is one's own and what is no more than a draft.
ADDRESSES = """
index WEDA WEDA
login WEDA WEDA
password_change WEDA WEDA
password_change_done WEDA -
autocomplete - -
jsi18n WEDA -
view_on_site WEDA WEDA
auth_group_changelist A A
auth_group_add - -
auth_group_history A A
auth_group_delete - -
auth_group_change A -
auth_user_password_change A A
auth_user_changelist A A
auth_user_add A A
auth_user_history A A
auth_user_delete - -
auth_user_change A A
staff_auditevent_changelist A A
staff_auditevent_add - -
staff_auditevent_history A A
staff_auditevent_delete - -
staff_auditevent_change A -
engagements_action_changelist WEDA WEDA
engagements_action_add - -
engagements_action_history WEDA WEDA
engagements_action_delete EDA EDA
engagements_action_change WEDA WEDA
engagements_appointment_changelist WEDA WEDA
engagements_appointment_add EDA EDA
engagements_appointment_history WEDA WEDA
engagements_appointment_delete DA DA
engagements_appointment_change WEDA EDA
engagements_tour_changelist WEDA WEDA
engagements_tour_add EDA EDA
engagements_tour_history WEDA WEDA
engagements_tour_delete DA DA
engagements_tour_change WEDA EDA
engagements_country_changelist WEDA WEDA
engagements_country_add DA DA
engagements_country_history WEDA WEDA
engagements_country_delete - -
engagements_country_change WEDA DA
engagements_region_review DA DA
engagements_region_changelist WEDA WEDA
engagements_region_add DA DA
engagements_region_history WEDA WEDA
engagements_region_delete - -
engagements_region_change WEDA DA
articles_picture_file WEDA WEDA
articles_picture_shown WEDA WEDA
articles_picture_pick WEDA WEDA
articles_picture_upload - WEDA
articles_picture_describe WEDA WEDA
articles_picture_changelist WEDA WEDA
articles_picture_add - -
articles_picture_history WEDA WEDA
articles_picture_delete DA DA
articles_picture_change WEDA EDA
articles_article_visit_topics WEDA WEDA
articles_article_autosave WEDA WEDA
articles_article_presence WEDA WEDA
articles_article_discard - WEDA
articles_article_compare WEDA WEDA
articles_article_restore - EDA
articles_article_preview_new WEDA WEDA
articles_article_preview WEDA EDA
articles_article_comment - WEDA
articles_article_links WEDA WEDA
articles_article_revoke_link - WEDA
articles_article_unschedule - EDA
articles_article_reinstate - DA
articles_article_confirm - EDA
articles_article_withdraw DA DA
articles_article_changelist WEDA WEDA
articles_article_add WEDA WEDA
articles_article_history WEDA WEDA
articles_article_delete - -
articles_article_change WEDA EDA
engagements_engagement_compare WEDA WEDA
engagements_engagement_revision WEDA WEDA
engagements_engagement_withdraw EDA EDA
engagements_engagement_changelist WEDA WEDA
engagements_engagement_add WEDA WEDA
engagements_engagement_history WEDA WEDA
engagements_engagement_delete - -
engagements_engagement_change WEDA EDA
engagements_person_merge DA DA
engagements_person_changelist WEDA WEDA
engagements_person_add EDA EDA
engagements_person_history WEDA WEDA
engagements_person_delete DA DA
engagements_person_change WEDA DA
engagements_organisation_merge DA DA
engagements_organisation_changelist WEDA WEDA
engagements_organisation_add EDA EDA
engagements_organisation_history WEDA WEDA
engagements_organisation_delete DA DA
engagements_organisation_change WEDA DA
engagements_topic_merge DA DA
engagements_topic_changelist WEDA WEDA
engagements_topic_add DA DA
engagements_topic_history WEDA WEDA
engagements_topic_delete DA DA
engagements_topic_change WEDA DA
app_list WEDA WEDA
desk:unfinished WEDA WEDA
desk:search WEDA WEDA
desk:suggestions WEDA WEDA
desk:calendar WEDA WEDA
desk:move - EDA
desk:clean_up WEDA WEDA
desk:audit EDA EDA
desk:duplicates DA DA
desk:bulk DA DA
desk:reassign EDA EDA
desk:mail_settings WEDA WEDA
"""

ACTIONS = """
action:delete_selected EDA
action:confirm_done EDA
appointment:delete_selected DA
tour:delete_selected DA
picture:delete_selected DA
picture:describe_selected WEDA
article:delete_selected DA
article:bulk_add_topic WEDA
article:bulk_remove_topic WEDA
article:bulk_withdraw DA
engagement:delete_selected DA
engagement:bulk_add_topic WEDA
engagement:bulk_remove_topic WEDA
engagement:bulk_add_region WEDA
engagement:bulk_remove_region WEDA
engagement:bulk_withdraw EDA
person:delete_selected DA
organisation:delete_selected DA
topic:delete_selected DA
user:require_second_step A
user:release_second_step A
user:reset_second_step A
"""


@pytest.fixture
def members() -> dict[str, User]:
    """One person of each role, by its letter."""
    people = {role[0]: UserFactory() for role in ROLES}
    for role in ROLES:
        people[role[0]].groups.add(Group.objects.get(name=role))
    return people


def table(rows: str) -> dict[str, list[str]]:
    cells = (row.split() for row in rows.strip().splitlines())
    return {name: roles for name, *roles in cells}


def told(allowed: list[str]) -> str:
    return "".join(allowed) or "-"


@pytest.mark.page
def test_address_is_for_its_roles(client, world, members):
    """No answer is an error of ours, and a new address without a line in the table fails too."""
    client.raise_request_exception = False
    found = {}
    for name, converters in patterns(get_resolver()):
        # Signing out belongs to everybody; the other has no page without a question.
        if not name.startswith(("admin:", "desk:")) or name in ("admin:None", "admin:logout"):
            continue
        filling = {key: _admin_argument(name, key, world["Zpublic"]) for key in converters}
        address, allowed = reverse(name, kwargs=filling), {"get": [], "post": []}
        for letter, person in members.items():
            client.force_login(person)
            for method, letters in allowed.items():
                answer = getattr(client, method)(address)
                b"".join(answer)  # to its end, so that a file is closed
                assert answer.status_code < 500, (letter, method, address)
                if answer.status_code not in (403, 405):
                    letters.append(letter)
        found[name.removeprefix("admin:")] = [told(letters) for letters in allowed.values()]
    assert found == table(ADDRESSES)


def test_action_is_for_its_roles(members):
    """What is done to many rows at once is no way around what is refused for one."""
    found: dict[str, list[str]] = {}
    for letter, person in members.items():
        request = RequestFactory().get("/admin/")
        request.user = person
        for model, model_admin in admin.site._registry.items():
            for action in model_admin.get_actions(request):
                found.setdefault(f"{model._meta.model_name}:{action}", []).append(letter)
    assert {name: [told(letters)] for name, letters in found.items()} == table(ACTIONS)
