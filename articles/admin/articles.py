"""The article's form and the transitions that are not a save."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from articles.admin.article_list import ArticleList
from articles.admin.base import RefreshedOnce
from articles.admin.history import EditionHistory
from articles.admin.pictures import picture_preview
from articles.forms import ArticleForm
from articles.models import Article, Edition
from articles.workflow import (
    publish,
    reinstate,
    save_edition,
    spelled_out,
    unschedule,
    withdraw,
)
from engagements.admin.base import ReasonPage
from engagements.models import Engagement


@admin.register(Article)
class ArticleAdmin(EditionHistory, RefreshedOnce, ReasonPage, ArticleList):
    form = ArticleForm
    change_form_template = "admin/articles/article/change_form.html"
    reason_permission = "articles.withdraw_article"
    view_on_site = False
    fieldsets = [
        (_("The story"), {"fields": ["headline", "standfirst", "body", "byline"]}),
        (_("The visit"), {"fields": ["engagement", "also_covers"]}),
        (_("Topics"), {"fields": ["topics"]}),
        (
            _("The picture"),
            {
                "fields": [
                    "picture",
                    "picture_shown",
                    "picture_upload",
                    "picture_remove",
                    ("picture_alt", "picture_is_decorative"),
                    ("picture_caption", "picture_credit", "picture_licence"),
                ]
            },
        ),
        (
            _("Publishing"),
            {
                "fields": [
                    ("publish_at", "is_major"),
                    ("public_note", "note"),
                    ("slug", "language"),
                ]
            },
        ),
    ]

    class Media:
        js = ["js/admin-article.js"]

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                "visit-topics/",
                view(self.visit_topics),
                name="articles_article_visit_topics",
            ),
            path(
                "<int:article_id>/unschedule/",
                view(require_POST(self.unschedule_view)),
                name="articles_article_unschedule",
            ),
            path(
                "<int:article_id>/reinstate/",
                view(require_POST(self.reinstate_view)),
                name="articles_article_reinstate",
            ),
            *super().get_urls(),
        ]

    # The form

    def get_readonly_fields(self, request, obj=None):
        # Readers, feeds and links hold a public article to its address and its language.
        was_public = obj is not None and obj.editions.filter(state="approved").exists()
        return ["picture_shown", "slug", "language"] if was_public else ["picture_shown"]

    @admin.display(description=_("Shown now"))
    def picture_shown(self, article):
        picture = article.desk_form.shown_picture
        return picture_preview(picture) if picture else gettext("None yet.")

    def get_form(self, request, obj=None, change=False, **kwargs):
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.editor = request.user
        form.may_publish = request.user.has_perm("articles.publish_article")
        return form

    def render_change_form(self, request, context, *args, **kwargs):
        # The editor's import map is inline: the policy lets it through by its nonce.
        context["media"] = context["media"].with_nonce(str(request.csp_nonce))
        obj = context.get("original")
        now = timezone.now()
        context |= {
            "may_publish": request.user.has_perm("articles.publish_article"),
            "may_withdraw": request.user.has_perm("articles.withdraw_article"),
            "zone": f"{timezone.localtime(now):%Z}",
        }
        if obj:
            context |= {
                "public_edition": Edition.objects.public().filter(article=obj).first(),
                "scheduled_edition": Edition.objects.scheduled().filter(article=obj).first(),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request, obj, form, change):
        if not change:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)
        self._keep_picture_facts(request, form)
        edition = form.base_edition
        if edition is None or form.content_changed:
            edition = save_edition(obj, author=request.user, **form.content())
        if form.is_publishing:
            self._publish(request, edition, form.cleaned_data.get("publish_at"))

    def _keep_picture_facts(self, request: HttpRequest, form) -> None:
        picture = form.cleaned_data.get("picture")
        told = (form.cleaned_data["picture_credit"], form.cleaned_data["picture_licence"])
        if not picture or told == (picture.credit, picture.licence):
            return
        # They are the picture's own: every article that uses it shows them at once, past any
        # approval. Until one is approved, whoever uploaded it may still change them.
        is_ones_own = picture.uploaded_by_id == request.user.pk and not (
            picture.editions.filter(state=Edition.State.APPROVED).exists()
        )
        if is_ones_own or request.user.has_perm("articles.change_picture"):
            picture.credit, picture.licence = told
            picture.save(update_fields=["credit", "licence"])
        else:
            messages.warning(
                request,
                gettext(
                    "Credit and licence of the picture stay as they were: other articles may show "
                    "them, so ask an editor."
                ),
            )

    def _publish(self, request: HttpRequest, edition: Edition, at) -> None:
        try:
            publish(edition, by=request.user, at=at)
        except ValidationError as error:
            for reason in error.messages:
                messages.error(request, reason)
            request.was_not_published = True  # type: ignore[attr-defined]
            return
        if at:
            told = gettext("Scheduled: readers see it from %s.") % spelled_out(at)
            messages.success(request, told)
        else:
            link = format_html('<a href="{}">{}</a>', edition.get_absolute_url(), edition)
            messages.success(request, format_html(gettext("Published: {}"), link))

    def message_user(self, request, message, level=messages.INFO, *args, **kwargs):
        if level == messages.SUCCESS and getattr(request, "was_not_published", False):
            # Django's own would say that all went well.
            message, level = gettext("Saved as a draft, and not published."), messages.WARNING
        super().message_user(request, message, level, *args, **kwargs)

    def visit_topics(self, request: HttpRequest) -> HttpResponse:
        """Return the topics of `?visit=<pk>` as JSON: `{"topics": [{"id": 1, "name": "…"}]}`."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        pk = request.GET.get("visit", "")
        if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
            raise Http404
        visit = get_object_or_404(Engagement, pk=pk)
        return JsonResponse(
            {"topics": [{"id": topic.pk, "name": topic.name} for topic in visit.topics.all()]}
        )

    # Transitions that are not a save

    def perform_withdrawal(self, request, obj, reason):
        withdraw(obj, reason=reason)

    def unschedule_view(self, request: HttpRequest, article_id: int) -> HttpResponse:
        article = self._article_for(request, article_id, "articles.publish_article")
        edition = Edition.objects.scheduled().filter(article=article).first()
        return self._do(
            request,
            article,
            lambda: unschedule(edition),
            gettext("No longer scheduled: the edition is a draft again."),
        )

    def reinstate_view(self, request: HttpRequest, article_id: int) -> HttpResponse:
        article = self._article_for(request, article_id, "articles.withdraw_article")
        return self._do(
            request, article, lambda: reinstate(article), gettext("The article is back.")
        )

    def _article_for(self, request: HttpRequest, pk: int, permission: str) -> Article:
        if not request.user.has_perm(permission):
            raise PermissionDenied
        return get_object_or_404(Article, pk=pk)

    def _do(self, request: HttpRequest, article: Article, transition: Any, told: str):
        try:
            transition()
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            self.log_change(request, article, told)
            messages.success(request, told)
        return HttpResponseRedirect(reverse("admin:articles_article_change", args=[article.pk]))
