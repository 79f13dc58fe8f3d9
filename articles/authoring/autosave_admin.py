"""The article's form: what is typed is kept, offered back, and who else has it open is said."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from articles.authoring.form import ArticleForm
from articles.editing_sessions.autosave import (
    MAX_BYTES,
    forget,
    keep,
    note_presence,
    others_present,
    read_token,
    saved_since,
    typed,
    unfinished,
)
from articles.models import Article, Autosave, Presence, Submission
from articles.wording import moment
from config.middleware import content_length
from engagements.text import is_key

TAKE_UP = "take_up"  # the query's parameter: an autosave's key
MADE_BY = {"article": "articles", "engagement": "engagements"}  # the apps of forms with a token
MOST_TOKENS = 50  # that a browser may ask about at once


def told(sentence: Any, status: int) -> JsonResponse:
    """Return an answer whose sentence the form shows as it is."""
    return JsonResponse({"sentence": str(sentence)}, status=status)


class AutosavedForm(admin.ModelAdmin):
    def get_urls(self):
        name = "articles_article_{}".format
        return [
            path("autosave/", self._answering(self.autosave_view), name=name("autosave")),
            path("presence/", self._answering(self.presence_view), name=name("presence")),
            path(
                "autosave/<int:autosave_id>/discard/",
                self.admin_site.admin_view(require_POST(self.discard_view)),
                name=name("discard"),
            ),
            *super().get_urls(),
        ]

    def _answering(self, view: Callable[[HttpRequest], HttpResponse]):
        """Answer the form's script: a page to sign in on would tell it nothing."""

        @never_cache
        def answer(request: HttpRequest) -> HttpResponse:
            if not self.admin_site.has_permission(request):
                return told(gettext("You are signed out."), 401)
            try:
                return view(request)
            except PermissionDenied:
                return told(gettext("You may not change this article."), 403)
            except RequestDataTooBig:
                return told(gettext("That is more than can be kept."), 413)

        return answer

    # What is typed

    def autosave_view(self, request: HttpRequest) -> HttpResponse:
        """Keep the form's fields; on GET say who is signed in, and what which form made."""
        if request.method == "POST":
            return self._keep(request)
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

    def _keep(self, request: HttpRequest) -> HttpResponse:
        if content_length(request) > MAX_BYTES:
            return told(
                gettext("Not kept: it is longer than %d KB. Shorten it or save it in parts.")
                % (MAX_BYTES // 1024),
                413,
            )
        if request.POST.get("person") != str(request.user.pk):
            return told(gettext("Somebody else is signed in now in this browser."), 409)
        form = read_token(request.POST.get("form_token"))
        if form is None:
            return told(gettext("The form does not say which one it is. Open it again."), 400)
        article = self._article_of(request)
        if not self._may_write(request, article):
            raise PermissionDenied
        try:
            row = keep(request.user, article, form, typed(request.POST, ArticleForm.base_fields))
        except ValidationError as error:
            return told(" ".join(error.messages), 400)
        if row is None:
            return JsonResponse({"late": True})
        take_up = reverse(f"admin:articles_article_{'change' if article else 'add'}",
                          args=[article.pk] if article else [])  # fmt: skip
        at = timezone.localtime(row.saved_at)
        return JsonResponse(
            {
                "at": f"{at:%H:%M:%S %Z}",
                "take_up": f"{take_up}?{TAKE_UP}={row.pk}",
                "readiness": self._readiness(request, article),
            }
        )

    def _readiness(self, request: HttpRequest, article: Article | None) -> str:
        """Return what stands against the publication of what was typed, as the form shows it."""
        form: Any = self.get_form(request, article, change=article is not None)(
            request.POST, instance=article
        )
        form.is_valid()
        found = form.readiness()
        template = "admin/articles/article/readiness.html"
        return render_to_string(template, {"readiness": found}) if found else ""

    def _may_write(self, request: HttpRequest, article: Article | None) -> bool:
        if article is None:
            return self.has_add_permission(request)
        return self.has_change_permission(request, article)

    def _article_of(self, request: HttpRequest) -> Article | None:
        pk = request.POST.get("article", "")
        return get_object_or_404(Article, pk=pk if is_key(pk) else 0) if pk else None

    def discard_view(self, request: HttpRequest, autosave_id: int) -> HttpResponse:
        row = Autosave.objects.filter(pk=autosave_id, person=request.user.pk).first()
        if row is None:
            messages.info(request, gettext("That is not there any more."))
            return HttpResponseRedirect(reverse("admin:articles_article_changelist"))
        row.delete()
        messages.success(request, gettext("Discarded: what you had typed and not saved."))
        if row.article_id is None:
            return HttpResponseRedirect(reverse("admin:articles_article_add"))
        return HttpResponseRedirect(reverse("admin:articles_article_change", args=[row.article_id]))

    # Who else is at it

    def presence_view(self, request: HttpRequest) -> HttpResponse:
        """Note that the form is still open, or with `leave` no more; say who else has it open."""
        article = self._article_of(request) if request.method == "POST" else None
        if article is None:
            return told(gettext("Say which article."), 400)
        if not self.has_change_permission(request, article):
            raise PermissionDenied
        if "leave" in request.POST:
            Presence.objects.filter(person=request.user.pk, article=article).delete()
            return JsonResponse({"sentences": []})
        note_presence(request.user, article)
        return JsonResponse({"sentences": self._presence(request, article)})

    def _presence(self, request: HttpRequest, article: Article) -> list[str]:
        seen = request.POST.get("based_on", "")
        newer = saved_since(request.user, article, int(seen) if is_key(seen) else None)
        return [*others_present(request.user, article), *filter(None, [newer])]

    # In the form

    def get_form(self, request, obj=None, change=False, **kwargs):
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        row = self._taken_up(request, obj)
        form.kept = row.fields if row else None
        return form

    def _taken_up(self, request: HttpRequest, article: Article | None) -> Autosave | None:
        pk = request.GET.get(TAKE_UP, "") if request.method == "GET" else ""
        if not is_key(pk):
            return None
        return Autosave.objects.filter(pk=pk, person=request.user.pk, article=article).first()

    def render_change_form(self, request, context, *args, **kwargs):
        article = context.get("original")
        if self._may_write(request, article):
            context |= self._autosave_context(request, article)
        return super().render_change_form(request, context, *args, **kwargs)

    def _autosave_context(self, request: HttpRequest, article: Article | None) -> dict[str, Any]:
        row = self._taken_up(request, article)
        token = read_token(request.POST.get("form_token")) or (row.form if row else uuid4())
        if row and Submission.objects.filter(form=token, target__isnull=False).exists():
            token = uuid4()  # Back, after saving: what was typed then is another form
            Autosave.objects.filter(pk=row.pk).update(form=token)
        now = timezone.now()
        if article:
            note_presence(request.user, article)
        offered = unfinished(request.user, article) if request.method == "GET" else []
        return {
            "is_autosaved": True,
            "form_token": token,
            "later_token": uuid4(),
            "taken_up": row and moment(row.saved_at, now),
            "offered": [
                {"row": other, "at": moment(other.saved_at, now), "ago": now - other.saved_at}
                for other in offered
                if other != row
            ],
            "presence": self._presence(request, article) if article else [],
        }

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        forget(request.user, form.instance, read_token(request.POST.get("form_token")))
