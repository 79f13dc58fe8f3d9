"""The newsroom's roles and their permissions, and who may do what with an article.

The groups get missing permissions after every `migrate`; permissions that an administrator added
to a group are not removed.
"""

from typing import Any

WRITER = "Writer"
EDITOR = "Editor"
DESK_HEAD = "Desk head"
ADMINISTRATOR = "Administrator"

_FACTS = ["engagement", "participant", "engagementregion", "source", "outcome", "action"]

_WRITER = [
    *(f"engagements.{verb}_{model}" for model in _FACTS for verb in ("add", "change", "view")),
    "engagements.delete_participant",
    "engagements.delete_source",
    "engagements.delete_outcome",
    "engagements.delete_action",
    "engagements.delete_engagementregion",
    "engagements.add_actionupdate",
    "engagements.view_actionupdate",
    "engagements.view_country",
    "engagements.view_region",
    "engagements.view_topic",
    "engagements.view_tour",
    "engagements.view_person",
    "engagements.view_organisation",
    "engagements.view_appointment",
    "articles.add_article",
    "articles.change_article",
    "articles.view_article",
    "articles.add_picture",
    "articles.view_picture",
]
_EDITOR = [
    *_WRITER,
    # New participants; only desk heads change their names and pages.
    "engagements.add_person",
    "engagements.add_organisation",
    *(
        f"engagements.{verb}_{model}"
        for model in ("appointment", "tour")
        for verb in ("add", "change")
    ),
    "engagements.publish_engagement",
    "engagements.change_actionupdate",
    "articles.publish_article",
    "articles.change_others_article",
    "articles.change_picture",
]
_DESK_HEAD = [
    *_EDITOR,
    *(
        f"engagements.{verb}_{model}"
        for model in ("region", "topic", "country", "countryname", "person", "organisation")
        for verb in ("add", "change", "view")
    ),
    *(
        f"engagements.delete_{model}"
        for model in ("engagement", "person", "organisation", "appointment", "tour", "topic")
    ),
    "articles.withdraw_article",
    "articles.force_article",
    "articles.delete_article",
    "articles.delete_picture",
]

# Accounts are deactivated, not deleted, so that articles keep the names of their authors.
_ADMINISTRATOR = [
    *_DESK_HEAD,
    "auth.add_user",
    "auth.change_user",
    "auth.view_user",
    "auth.view_group",
    "articles.view_restoreproof",
    "staff.view_auditevent",
]

ROLES = {WRITER: _WRITER, EDITOR: _EDITOR, DESK_HEAD: _DESK_HEAD, ADMINISTRATOR: _ADMINISTRATOR}


def sync_roles(using: str = "default", **kwargs) -> None:
    """Create the groups and add their permissions (receiver of `post_migrate`)."""
    from django.contrib.auth.models import Group, Permission  # noqa: PLC0415 - imported before apps

    by_label = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.using(using)
        .filter(content_type__app_label__in={label.split(".")[0] for label in _ADMINISTRATOR})
        .select_related("content_type")
    }
    for name, labels in ROLES.items():
        group, _created = Group.objects.using(using).get_or_create(name=name)
        group.permissions.add(*(by_label[label] for label in labels if label in by_label))


# Articles


def may_view(person: Any, article: Any = None) -> bool:
    """Say whether a person may read drafts; whose they are makes no difference."""
    return person.has_perm("articles.view_article") or person.has_perm("articles.change_article")


def may_change(person: Any, article: Any = None) -> bool:
    """Say whether a person may change an article (`None`: any at all).

    A writer changes their own; another's needs a permission besides.
    """
    if not person.has_perm("articles.change_article"):
        return False
    is_own = article is None or article.created_by_id == person.pk
    return is_own or person.has_perm("articles.change_others_article")


def may_save(person: Any, article: Any) -> bool:
    """Say whether a person may save the form of an article (`None`: of a new one)."""
    return may_change(person, article) if article else person.has_perm("articles.add_article")


def may_publish(person: Any, article: Any = None) -> bool:
    return person.has_perm("articles.publish_article")


def may_withdraw(person: Any, article: Any = None) -> bool:
    return person.has_perm("articles.withdraw_article")
