"""What the article's form says of its state, and the buttons that it offers."""

from typing import Any

from articles.authoring.form import ArticleForm
from articles.models import Article, AuditEntry, Edition
from articles.publishing.checks import confirm_failure_reasons, is_sole_author


def buttons(form: ArticleForm) -> dict[str, Any]:
    """Return which transitions the form offers, and what stands against publication."""
    newest, person = form.base_edition, form.editor
    state = newest.state if newest else None
    waits = state == Edition.State.IN_REVIEW
    publishes = person.has_perm("articles.publish_article") and not form.instance.withdrawn_at
    number = newest.number if newest else 0
    is_own = is_sole_author(form.instance.pk, number, by=person)
    readiness = form.readiness()
    drafts = readiness.drafted_visits if readiness else []
    return {
        "offers": {
            "submit": not waits,
            "recall": waits and form.instance.created_by_id == person.pk,
            "return": waits and publishes,
            "publish": publishes and not is_own and state != Edition.State.APPROVED,
            "force": publishes and is_own and person.has_perm("articles.force_article"),
        },
        "readiness": readiness,
        # Whether visits come out by the same button: no other could publish the article.
        "brings_visits": bool(drafts) and form.lets_visits_out,
        # Nobody else can let out what is a draft, so no hour helps.
        "embargo": readiness and (not drafts or form.lets_visits_out) and readiness.embargo,
    }


def state_of(article: Article, person: Any) -> dict[str, Any]:
    """Return what readers see of the article, what is to come, and how it came there."""
    editions = Edition.objects.filter(article=article)
    entries = list(article.audit_entries.select_related("by", "edition"))
    forced = editions.forced().select_related("approved_by").order_by("number")
    return {
        "public_edition": Edition.objects.public().filter(article=article).first(),
        "scheduled_edition": Edition.objects.scheduled().filter(article=article).first(),
        "audit_entries": entries,
        # Until it is sent again, its writer has to see why it came back.
        "returned": entries[0] if entries and entries[0].kind == AuditEntry.Kind.RETURNED else None,
        "asked": [
            row.person for row in article.review_requests.select_related("person").order_by("pk")
        ],
        "forced": [(row, confirm_failure_reasons(row, by=person)) for row in forced],
        "may_publish": person.has_perm("articles.publish_article"),
        "may_withdraw": person.has_perm("articles.withdraw_article"),
    }
