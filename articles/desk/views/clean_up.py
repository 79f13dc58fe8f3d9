"""Clean-up: possible duplicates, drafts to reassign, findings of the content audit."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.desk import content_audit, duplicates
from articles.desk.dashboard import MOST
from articles.models import Edition, Finding
from articles.publishing.rescheduling import reassign
from articles.wording import name_of
from engagements.admin.pages import desk_page, desk_view, log_change
from engagements.models import Participant
from engagements.text import is_key

WRITES = "articles.change_article"


@desk_view(WRITES)
def overview(request: HttpRequest) -> HttpResponse:
    """Show the tasks of the clean-up that a person may do."""
    today = timezone.localdate()
    person = request.user
    return desk_page(
        request,
        "admin/desk/clean_up.html",
        _("Clean-up"),
        links=content_audit.findings(Finding.Kind.LINK),
        undescribed=content_audit.findings(Finding.Kind.NO_ALT),
        drafts=content_audit.undescribed_drafts(),
        again=content_audit.to_revisit(today),
        most=content_audit.SHOWN,
        may_merge={kind: duplicates.may_merge(person, kind) for kind in duplicates.KINDS},
        may_reassign=person.has_perm("articles.change_others_article"),
        may_audit=person.has_perm("articles.publish_article"),
    )


@desk_view(WRITES, "articles.publish_article")
def audit(request: HttpRequest) -> HttpResponse:
    """Audit the newest public editions now; the command audits all of them."""
    if request.method == "POST":
        checked = content_audit.audit_content(limit=content_audit.AT_ONCE)
        message = ngettext("%d article was checked.", "%d articles were checked.", checked)
        messages.success(request, message % checked)
    return redirect("desk:clean_up")


# Duplicates


@desk_view(WRITES)
def duplicate_pairs(request: HttpRequest, kind: str) -> HttpResponse:
    """List possible duplicates of a kind; a POST marks two as distinct."""
    if kind not in duplicates.KINDS:
        raise Http404
    if not duplicates.may_merge(request.user, kind):
        raise PermissionDenied
    if request.method == "POST":
        return _mark_distinct(request, kind)
    pairs = duplicates.suggested(kind)
    listed = pairs[: duplicates.SHOWN]
    pks = {entry.pk for pair in listed for entry in (pair.first, pair.second)}
    visits = dict(
        Participant.objects.filter(**{f"{kind}__in": pks})
        .order_by()
        .values_list(kind)
        .annotate(Count("engagement", distinct=True))
    )
    rows = [
        (pair, [(entry, other, visits.get(entry.pk, 0))
                for entry, other in ((pair.first, pair.second), (pair.second, pair.first))])
        for pair in listed
    ]  # fmt: skip
    titles = {
        "person": _("Possible duplicate people"),
        "organisation": _("Possible duplicate organisations"),
    }
    return desk_page(
        request,
        "admin/desk/duplicates.html",
        titles[kind],
        kind=kind,
        rows=rows,
        left=len(pairs) - len(listed),
        change=f"admin:engagements_{kind}_change",
        merge=f"admin:engagements_{kind}_merge",
    )


def _mark_distinct(request: HttpRequest, kind: str) -> HttpResponse:
    keys = [request.POST.get(name, "") for name in ("one", "other")]
    rows = list(duplicates.KINDS[kind].objects.filter(pk__in=[k for k in keys if is_key(k)]))
    if len(rows) == 2:
        one, other = rows
        duplicates.mark_distinct(kind, one.pk, other.pk, by=request.user)
        message = _("“%(one)s” and “%(other)s” are not duplicates: they are not suggested again.")
        messages.success(request, message % {"one": one, "other": other})
    else:
        messages.error(request, _("One of the two no longer exists."))
    return redirect("desk:duplicates", kind)


# Reassigning


def _open_drafts(person: User) -> Any:
    return (
        Edition.objects.worked_on()
        .filter(article__created_by=person)
        .select_related("author", "article")
        .defer("body")
        .order_by("-created_at", "-pk")
    )


@desk_view(WRITES, "articles.change_others_article")
def reassign_drafts(request: HttpRequest) -> HttpResponse:
    """List a person's open drafts and assign the selected ones to another writer."""
    counts = dict(
        Edition.objects.worked_on()
        .filter(article__created_by__isnull=False)
        .order_by()
        .values_list("article__created_by")
        .annotate(Count("pk"))
    )
    asked = request.POST if request.method == "POST" else request.GET
    person = _person(asked.get("person", ""))
    writers = [
        user
        for user in User.objects.with_perm("articles.change_article").order_by("username")
        if user.is_staff
    ]
    drafts = list(_open_drafts(person)[: MOST * 4]) if person else []
    errors: list[str] = []
    chosen = set(asked.getlist("article")) if request.method == "POST" else None
    if request.method == "POST" and person:
        to = _person(asked.get("to", ""))
        if to is None or to not in writers:
            errors.append(_("Choose the new writer."))
        elif to == person:
            errors.append(_("Choose somebody else: these drafts already belong to them."))
        picked = [draft for draft in drafts if str(draft.article_id) in (chosen or set())]
        if not picked:
            errors.append(_("Select at least one draft."))
        if not errors and to is not None:
            return _reassigned(request, picked, person, to)
    people = sorted(User.objects.filter(pk__in=counts), key=lambda user: name_of(user).casefold())
    return desk_page(
        request,
        "admin/desk/reassign.html",
        _("Reassign drafts"),
        people=[(user, name_of(user), counts[user.pk]) for user in people],
        person=person,
        who=name_of(person) if person else "",
        drafts=[(draft, chosen is None or str(draft.article_id) in chosen) for draft in drafts],
        writers=[(user, name_of(user)) for user in writers if user != person],
        to=asked.get("to", ""),
        errors=errors,
    )


def _person(text: str) -> User | None:
    return User.objects.filter(pk=text).first() if is_key(text) else None


def _reassigned(request: HttpRequest, drafts: list, person: User, to: User) -> HttpResponse:
    done = 0
    for draft in drafts:
        try:
            with transaction.atomic():
                reassign(draft.article, to=to, by=request.user)
                draft.article.headline = draft.headline  # by which the log calls it
                log_change(request, _("Reassigned to %s.") % name_of(to), draft.article)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            done += 1
    if done:
        message = ngettext(
            "%(count)d draft was reassigned from %(who)s to %(to)s.",
            "%(count)d drafts were reassigned from %(who)s to %(to)s.",
            done,
        )
        names = {"who": name_of(person), "to": name_of(to)}
        messages.success(request, message % {"count": done, **names})
    return redirect(f"{reverse('desk:reassign')}?person={person.pk}")
