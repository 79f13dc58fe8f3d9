"""Values that are no keys, in every field of the admin that takes several."""

from collections.abc import Iterator

import pytest
from django import forms
from django.contrib import admin
from django.urls import reverse

from tests.engagements.desk import read
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.page]


def multiple_fields(context) -> Iterator[tuple[str, dict]]:
    """Yield the name of each multiple choice of a form, with what its row needs to be sent."""

    def of(form) -> list[str]:
        fields = form.fields.items()
        return [form.add_prefix(n) for n, f in fields if hasattr(f, "queryset") and is_multiple(f)]

    for name in of(context["adminform"].form):
        yield name, {}
    for inline in context["inline_admin_formsets"]:
        formset = inline.formset
        for name in of(formset.empty_form):
            row = {f"{formset.prefix}-TOTAL_FORMS": "1"}
            yield name.replace("__prefix__", "0"), row


def is_multiple(field: forms.Field) -> bool:
    return isinstance(field, forms.ModelMultipleChoiceField)


@pytest.mark.parametrize("key", ["x", "\x00", "9" * 40, "-1", "1.5"])
def test_wrong_keys_get_a_sentence(client, key):
    """In every form of the admin, its inlines included."""
    client.force_login(UserFactory(is_superuser=True))
    tried = set()
    for model in admin.site._registry:
        label = f"{model._meta.app_label}_{model._meta.model_name}"
        page = client.get(reverse(f"admin:{label}_add"))
        if page.status_code == 403:
            continue
        addresses = [page.request["PATH_INFO"]]
        if label == "auth_user":  # its groups are chosen after it was made
            user = UserFactory()
            addresses = [reverse("admin:auth_user_change", args=[user.pk])]
        for address in addresses:
            page = client.get(address)
            for name, row in multiple_fields(page.context):
                answer = client.post(address, read(page) | row | {name: [key]})
                assert answer.status_code == 200, (address, name)
                assert "not a valid value" in answer.text, (address, name)
                tried.add(f"{label}.{name}")
    assert {
        "articles_article.reviewers", "articles_article.topics", "auth_group.permissions",
        "auth_user.groups", "engagements_engagement.topics", "engagements_region.countries",
    } <= tried  # fmt: skip
