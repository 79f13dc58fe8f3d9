"""What the page of the article's form shows besides its fields."""

from typing import Any
from uuid import uuid4

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from articles.authoring import comments
from articles.authoring.form import ArticleForm
from articles.authoring.unread import unread
from articles.editing_sessions.autosave import (
    note_presence,
    others_present,
    read_token,
    saved_since,
    unfinished,
)
from articles.models import Article, AuditEntry, Autosave, Edition, Submission
from articles.pictures.processing import MAX_BYTES
from articles.publishing.checks import confirm_failure_reasons, is_sole_author
from articles.roles import may_publish, may_save, may_withdraw
from articles.wording import moment
from engagements.text import is_key, key_of


def form_context(request: HttpRequest, form: ArticleForm, article: Article | None) -> dict:
    """Return the context of the form's page; note that the person has it open."""
    name, keys = ("preview", [article.pk]) if article else ("preview_new", [])
    context = {
        "max_bytes": MAX_BYTES,
        "preview_url": reverse(f"admin:articles_article_{name}", args=keys),
    }
    if may_save(request.user, article):
        context |= buttons(form) | _autosave_context(request, form, article)
    if article:
        newest = form.base_edition if request.method == "GET" else None
        context |= _state(article, request.user) | comment_context(article)
        context["unread"] = unread(request.user, article, newest)
    return context


def buttons(form: ArticleForm) -> dict[str, Any]:
    """Return the transitions that the form offers, and what blocks publication."""
    newest, person = form.base_edition, form.editor
    state = newest.state if newest else None
    waits = state == Edition.State.IN_REVIEW
    publishes = may_publish(person) and not form.instance.withdrawn_at
    is_own = is_sole_author(form.instance.pk, newest.number if newest else 0, by=person)
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
        "publishes_visits": bool(drafts) and form.may_publish_visits,
        # Nobody else can let out what is a draft, so no hour helps.
        "embargo": readiness and (not drafts or form.may_publish_visits) and readiness.embargo,
    }


def _state(article: Article, person: Any) -> dict[str, Any]:
    """Return what readers see of the article, what is scheduled, and its audit entries."""
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
        "may_publish": may_publish(person),
        "may_withdraw": may_withdraw(person),
    }


def comment_context(article: Article) -> dict[str, Any]:
    """Return what the comments' template reads: every thread, and which are open."""
    fields = comments.commented_fields(article, article.latest_edition())
    threads = [thread.comment for field in fields for thread in field.threads]
    open_ones = [comment.pk for comment in threads if not comment.resolved_at]
    return {
        "commented_fields": fields,
        "comments_open": len(open_ones),
        "first_open": open_ones[0] if open_ones else None,
    }


def taken_up(request: HttpRequest, article: Article | None) -> Autosave | None:
    """Return the autosave with which the form is to open (`?take_up=<pk>`), if it is theirs."""
    pk = request.GET.get("take_up", "") if request.method == "GET" else ""
    if not is_key(pk):
        return None
    return Autosave.objects.filter(pk=pk, person=request.user.pk, article=article).first()


def presence_messages(request: HttpRequest, article: Article) -> list[str]:
    """Return who else has the form open, and who saved after `based_on`, the edition it shows."""
    newer = saved_since(request.user, article, key_of(request.POST.get("based_on")))
    return [*others_present(request.user, article), *filter(None, [newer])]


def _autosave_context(
    request: HttpRequest, form: ArticleForm, article: Article | None
) -> dict[str, Any]:
    row, now = form.autosave, timezone.now()
    token = read_token(request.POST.get("form_token")) or (row.form if row else uuid4())
    if row and Submission.objects.filter(form=token, target__isnull=False).exists():
        token = uuid4()  # Back, after saving: what was typed then is another form
        Autosave.objects.filter(pk=row.pk).update(form=token)
    if article:
        note_presence(request.user, article)
    offered = unfinished(request.user, article) if request.method == "GET" else []
    return {
        "is_autosaved": True,
        "form_token": token,
        "later_token": uuid4(),
        "taken_up": row and moment(row.saved_at, now),
        "offered": [
            {"row": other, "at": moment(other.saved_at, now)} for other in offered if other != row
        ],
        "presence": presence_messages(request, article) if article else [],
    }
