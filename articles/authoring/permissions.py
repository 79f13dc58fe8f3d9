"""Who may do what with an article: for the admin, its pages and its form."""

from typing import Any

from articles.models import Article


def may_view(person: Any, article: Article | None = None) -> bool:
    """Say whether a person may read drafts; whose they are makes no difference."""
    return person.has_perm("articles.view_article") or person.has_perm("articles.change_article")


def may_change(person: Any, article: Article | None = None) -> bool:
    """Say whether a person may change an article (`None`: any at all).

    A writer changes their own; another's needs a permission besides.
    """
    if not person.has_perm("articles.change_article"):
        return False
    is_own = article is None or article.created_by_id == person.pk
    return is_own or person.has_perm("articles.change_others_article")


def may_save(person: Any, article: Article | None) -> bool:
    """Say whether a person may save the form of an article (`None`: of a new one)."""
    return may_change(person, article) if article else person.has_perm("articles.add_article")


def may_publish(person: Any, article: Article | None = None) -> bool:
    return person.has_perm("articles.publish_article")


def may_withdraw(person: Any, article: Article | None = None) -> bool:
    return person.has_perm("articles.withdraw_article")
