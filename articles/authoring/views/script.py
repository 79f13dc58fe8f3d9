"""What the form's script asks: autosave, who else has the form open, and a visit's topics."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from articles.authoring.context import presence_messages
from articles.authoring.form import ArticleForm
from articles.authoring.views.base import form_of
from articles.editing_sessions.autosave import MAX_BYTES, keep, note_presence, read_token, typed
from articles.models import Article, Autosave, Presence, Submission
from articles.roles import may_change, may_save, may_view
from config.middleware import content_length
from engagements.admin.pages import desk_view
from engagements.models import Engagement
from engagements.text import key_of

MADE_BY = {"article": "articles", "engagement": "engagements"}  # the apps of forms with a token
MOST_TOKENS = 50  # that a browser may ask about at once


def message_response(message: Any, status: int) -> JsonResponse:
    """Return an answer whose message the form shows as it is."""
    return JsonResponse({"sentence": str(message)}, status=status)


def script_view(view: Callable[[HttpRequest], HttpResponse]):
    """Answer a script that may not do what it asks with JSON, where people get a page."""

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not admin.site.has_permission(request):
            return message_response(gettext("You are signed out."), 401)
        try:
            return view(request)
        except PermissionDenied:
            return message_response(gettext("You may not change this article."), 403)
        except RequestDataTooBig:
            return message_response(gettext("That is too long to be autosaved."), 413)

    return guarded


@script_view
def autosave(request: HttpRequest) -> HttpResponse:
    """Store the fields of a form on POST; on GET, return who is signed in.

    GET also returns which of the forms in `?sent=<token>,<token>` were saved, and what they made.
    """
    if request.method == "POST":
        return _store(request)
    tokens = request.GET.get("sent", "").split(",")[:MOST_TOKENS]
    forms = [form for form in map(read_token, tokens) if form]
    sent = Submission.objects.filter(
        person=request.user.pk, form__in=forms, target__isnull=False
    ).values_list("form", "kind", "target")
    return JsonResponse(
        {
            "person": str(request.user.pk),
            "csrf": get_token(request),
            "sent": [str(form) for form, _kind, _target in sent],
            "made": {
                str(form): reverse(f"admin:{MADE_BY[kind]}_{kind}_change", args=[target])
                for form, kind, target in sent
                if kind in MADE_BY
            },
        }
    )


def _store(request: HttpRequest) -> HttpResponse:
    if content_length(request) > MAX_BYTES:
        message = gettext("Not autosaved: it is longer than %d KB. Shorten it or save it in parts.")
        return message_response(message % (MAX_BYTES // 1024), 413)
    if request.POST.get("person") != str(request.user.pk):
        return message_response(gettext("Somebody else is signed in now in this browser."), 409)
    token = read_token(request.POST.get("form_token"))
    if token is None:
        message = gettext("The form does not say which one it is. Open it again.")
        return message_response(message, 400)
    article = _article_of(request)
    if not may_save(request.user, article):
        raise PermissionDenied
    try:
        row = keep(request.user, article, token, typed(request.POST, ArticleForm.base_fields))
    except ValidationError as error:
        return message_response(" ".join(error.messages), 400)
    if row is None:
        return JsonResponse({"late": True})
    return JsonResponse(
        {
            "at": f"{timezone.localtime(row.saved_at):%H:%M:%S %Z}",
            "take_up": f"{_page_of(article.pk if article else None)}?take_up={row.pk}",
            "readiness": _readiness(request, article),
        }
    )


def _page_of(pk: int | None) -> str:
    """Return the address of an article's form (`None`: of a new one)."""
    name = "change" if pk else "add"
    return reverse(f"admin:articles_article_{name}", args=[pk] if pk else [])


def _readiness(request: HttpRequest, article: Article | None) -> str:
    """Return the list at the form's head of what stands against publication, as HTML."""
    form = form_of(request, article)
    form.is_valid()
    readiness = form.readiness()
    template = "admin/articles/article/readiness.html"
    return render_to_string(template, {"readiness": readiness}) if readiness else ""


def _article_of(request: HttpRequest) -> Article | None:
    pk = request.POST.get("article", "")
    return get_object_or_404(Article, pk=key_of(pk)) if pk else None


@desk_view()
@require_POST
def discard(request: HttpRequest, autosave_id: int) -> HttpResponse:
    """Delete what a person had typed and not saved."""
    row = Autosave.objects.filter(pk=autosave_id, person=request.user.pk).first()
    if row is None:
        messages.info(request, gettext("That is not there any more."))
        return redirect("admin:articles_article_changelist")
    row.delete()
    messages.success(request, gettext("Discarded: what you had typed and not saved."))
    return redirect(_page_of(row.article_id))


@script_view
def presence(request: HttpRequest) -> HttpResponse:
    """Note that a form is open, or with `leave` no longer; return who else has it open."""
    article = _article_of(request) if request.method == "POST" else None
    if article is None:
        return message_response(gettext("Say which article."), 400)
    if not may_change(request.user, article):
        raise PermissionDenied
    if "leave" in request.POST:
        Presence.objects.filter(person=request.user.pk, article=article).delete()
        return JsonResponse({"sentences": []})
    note_presence(request.user, article)
    return JsonResponse({"sentences": presence_messages(request, article)})


@desk_view()
def visit_topics(request: HttpRequest) -> HttpResponse:
    """Return the topics of `?visit=<pk>` as JSON: `{"topics": [{"id": 1, "name": "…"}]}`."""
    if not may_view(request.user):
        raise PermissionDenied
    visit = get_object_or_404(Engagement, pk=key_of(request.GET.get("visit")))
    topics = visit.topics.all()
    return JsonResponse({"topics": [{"id": topic.pk, "name": topic.name} for topic in topics]})
