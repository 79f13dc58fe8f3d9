"""The article's form."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    JsonResponse,
)
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.authoring.autosave_admin import AutosavedForm
from articles.authoring.changelist import ArticleList
from articles.authoring.comments_admin import CommentedForm
from articles.authoring.form import ArticleForm
from articles.authoring.form_merge import MergedArticleForm
from articles.authoring.history_admin import EditionHistory
from articles.authoring.preview_admin import PreviewBesideForm
from articles.authoring.preview_links_admin import PreviewLinks
from articles.authoring.state import buttons, state_of
from articles.authoring.transitions import Transitions
from articles.editing_sessions.batched_admin import RefreshedOnce
from articles.models import Article, Picture
from articles.pictures.admin import picture_preview
from articles.pictures.processing import MAX_BYTES
from articles.publishing.workflow import save_edition
from engagements.models import Engagement
from engagements.text import is_key


@admin.register(Article)
class ArticleAdmin(
    EditionHistory,
    PreviewLinks,
    PreviewBesideForm,
    CommentedForm,
    RefreshedOnce,
    MergedArticleForm,
    AutosavedForm,
    Transitions,
    ArticleList,
):
    form = ArticleForm
    change_form_template = "admin/articles/article/change_form.html"
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
        (_("The address"), {"fields": [("slug", "language"), "review_on", "note"]}),
    ]
    # Once readers know the article, each edition is a change to it.
    change_fieldset = (
        _("The change"),
        {"fields": ["is_major", "is_correction", "public_note"]},
    )
    review_fieldset = (_("The review"), {"fields": ["reviewers"]})
    decision_fieldset = (_("The decision"), {"fields": ["publish_at", "reason"]})

    class Media:
        js = [
            "js/admin-article.js",
            "js/picture-upload.js",
            "js/picture-picker.js",
            "js/autosave.js",
            "js/preview.js",
            "js/comments.js",
        ]

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                "visit-topics/",
                view(self.visit_topics),
                name="articles_article_visit_topics",
            ),
            *super().get_urls(),
        ]

    # Who may do what

    def has_change_permission(self, request, obj=None):
        allowed = super().has_change_permission(request, obj)
        if not allowed or obj is None or obj.created_by_id == request.user.pk:
            return allowed
        return request.user.has_perm("articles.change_others_article")

    def has_delete_permission(self, request, obj=None):
        # What readers saw is withdrawn, with a reason: its address would answer 404.
        allowed = super().has_delete_permission(request, obj)
        return allowed and not (obj and obj.was_approved)

    # The form

    def get_fieldsets(self, request, obj=None):
        if obj and not self.has_change_permission(request, obj):
            return [(None, {"fields": ["to_read"]})]
        fieldsets = [*super().get_fieldsets(request, obj)]
        if obj and obj.was_approved:
            fieldsets.append(self.change_fieldset)
        fieldsets.append(self.review_fieldset)
        if request.user.has_perm("articles.publish_article"):
            fieldsets.append(self.decision_fieldset)
        return fieldsets

    def get_readonly_fields(self, request, obj=None):
        # Readers and feeds hold a public article to its language. Its address may change, by whom
        # may publish: the old one leads on.
        held = ["language"] if obj and obj.was_approved else []
        if held and not request.user.has_perm("articles.publish_article"):
            held.append("slug")
        return ["picture_shown", "to_read", *held]

    @admin.display(description=_("The newest edition"))
    def to_read(self, article):
        """The article for those who may not change it."""
        edition = article.editions.with_content().order_by("-number").first()
        return render_to_string("admin/articles/article/to_read.html", {"edition": edition})

    @admin.display(description=_("Shown now"))
    def picture_shown(self, article):
        picture = article.desk_form.shown_picture
        if picture is None:
            return gettext("None yet.")
        page = reverse("admin:articles_picture_change", args=[picture.pk])
        words = gettext("Focal point, and where else it is used")
        link = format_html('<p><a href="{}" target="_blank">{}</a></p>', page, words)
        return picture_preview(picture) + link

    def get_form(self, request, obj=None, change=False, **kwargs):
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.editor = request.user
        return form

    def render_change_form(self, request, context, *args, **kwargs):
        # The editor's import map is inline: the policy lets it through by its nonce.
        context["media"] = context["media"].with_nonce(str(request.csp_nonce))
        context["max_bytes"] = MAX_BYTES
        obj = context.get("original")
        if self.has_change_permission(request, obj):
            context |= buttons(context["adminform"].form)
        if obj:
            context |= state_of(obj, request.user)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request, obj, form, change):
        if not change:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)
        obj.headline = form.cleaned_data["headline"]  # by which the messages call it
        self._keep_picture_facts(request, form)
        edition = form.base_edition
        if edition is None or form.content_changed:
            edition = save_edition(obj, author=request.user, **form.content())
        if form.transition:
            self.perform(request, edition, form)

    def _keep_picture_facts(self, request: HttpRequest, form) -> None:
        picture = form.cleaned_data.get("picture")
        if form.known_picture:
            said = gettext("The picture was in the library already: that one is used.")
            messages.info(request, said)
        told = (form.cleaned_data["picture_credit"], form.cleaned_data["picture_licence"])
        if not picture or told == (picture.credit, picture.licence):
            return
        if Picture.objects.describable_by(request.user).filter(pk=picture.pk).exists():
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

    def visit_topics(self, request: HttpRequest) -> HttpResponse:
        """Return the topics of `?visit=<pk>` as JSON: `{"topics": [{"id": 1, "name": "…"}]}`."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        pk = request.GET.get("visit", "")
        visit = get_object_or_404(Engagement, pk=pk if is_key(pk) else None)
        return JsonResponse(
            {"topics": [{"id": topic.pk, "name": topic.name} for topic in visit.topics.all()]}
        )
