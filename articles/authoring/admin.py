"""The article's form and list in the admin."""

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.authoring.article_form_merge import ArticleFormMerge
from articles.authoring.changelist import ArticleList
from articles.authoring.context import form_context, taken_up
from articles.authoring.form import ArticleForm
from articles.authoring.unread import mark_read
from articles.authoring.urls import urlpatterns
from articles.editing_sessions.autosave import forget, read_token
from articles.editing_sessions.batched_admin import RefreshedOnce
from articles.models import Article, Picture
from articles.pictures.desk_display import picture_preview
from articles.pictures.upload_admin import UploadForm
from articles.publishing.workflow import save_edition
from articles.roles import may_change, may_publish, may_view


@admin.register(Article)
class ArticleAdmin(UploadForm, RefreshedOnce, ArticleFormMerge, ArticleList):
    upload_field = "picture_upload"
    form = ArticleForm
    change_form_template = "admin/articles/article/change_form.html"
    object_history_template = "admin/articles/article/history.html"
    view_on_site = False
    fieldsets = [
        (_("Story"), {"fields": ["headline", "standfirst", "body", "byline"]}),
        (_("Visit"), {"fields": ["engagement", "also_covers"]}),
        (_("Topics"), {"fields": ["topics"]}),
        (
            _("Picture"),
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
        (_("Address"), {"fields": [("slug", "language"), "review_on", "note"]}),
    ]
    # Once readers know the article, each edition is a change to it.
    change_fieldset = (
        _("Change note"),
        {"fields": ["is_major", "is_correction", "public_note"]},
    )
    review_fieldset = (_("Review"), {"fields": ["reviewers"]})
    publishing_fieldset = (_("Publishing"), {"fields": ["publish_at", "reason"]})

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
        return [*urlpatterns, *super().get_urls()]

    # Who may do what

    def has_view_permission(self, request, obj=None):
        return may_view(request.user, obj)

    def has_change_permission(self, request, obj=None):
        return may_change(request.user, obj)

    def has_delete_permission(self, request, obj=None):
        # What readers saw is withdrawn, with a reason: its address would answer 404.
        allowed = super().has_delete_permission(request, obj)
        return allowed and not (obj and obj.was_approved)

    # The form

    def get_fieldsets(self, request, obj=None):
        if obj and not may_change(request.user, obj):
            return [(None, {"fields": ["to_read"]})]
        fieldsets = [*super().get_fieldsets(request, obj)]
        if obj and obj.was_approved:
            fieldsets.append(self.change_fieldset)
        fieldsets.append(self.review_fieldset)
        if may_publish(request.user):
            fieldsets.append(self.publishing_fieldset)
        return fieldsets

    def get_readonly_fields(self, request, obj=None):
        # Readers and feeds hold a public article to its language. Its address may change, by whom
        # may publish: the old one leads on.
        held = ["language"] if obj and obj.was_approved else []
        if held and not may_publish(request.user):
            held.append("slug")
        return ["picture_shown", "to_read", *held]

    @admin.display(description=_("The newest edition"))
    def to_read(self, article):
        """The article for those who may not change it."""
        edition = article.editions.with_content().order_by("-number").first()
        return render_to_string("admin/articles/article/to_read.html", {"edition": edition})

    @admin.display(description=_("Shown now"))
    def picture_shown(self, article):
        picture = article.form.current_picture
        if picture is None:
            return gettext("None yet.")
        page = reverse("admin:articles_picture_change", args=[picture.pk])
        text = gettext("Focal point, and where else it is used")
        link = format_html('<p><a href="{}" target="_blank">{}</a></p>', page, text)
        return picture_preview(picture) + link

    def get_form(self, request, obj=None, change=False, **kwargs):
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.editor, form.autosave = request.user, taken_up(request, obj)
        return form

    @method_decorator(csp_update({"frame-src": [SELF]}))  # of the preview
    def render_change_form(self, request, context, *args, **kwargs):
        context["adminform"].form.store_upload()
        # The editor's import map is inline: the policy lets it through by its nonce.
        context["media"] = context["media"].with_nonce(str(request.csp_nonce))
        context |= form_context(request, context["adminform"].form, context.get("original"))
        return super().render_change_form(request, context, *args, **kwargs)

    # What is saved

    def save_model(self, request, obj, form, change):
        if change:
            # A new edition alone is no change of the article, whose pages readers see.
            columns = {field.name for field in obj._meta.concrete_fields} & {*form.changed_data}
            if columns:
                obj.save(update_fields=columns)
        else:
            obj.created_by = request.user
            obj.save()
        obj.headline = form.cleaned_data["headline"]  # by which the messages call it
        if form.upload and form.upload.known:
            message = gettext("The picture was in the library already: that one is used.")
            messages.info(request, message)
        form.store_upload()
        self._save_credit(request, form)
        edition = form.base_edition
        if edition is None or form.content_changed:
            edition = save_edition(obj, author=request.user, **form.content())
        if form.transition:
            try:
                result = messages.SUCCESS, form.perform(edition)
            except ValidationError as error:
                # Somebody else was quicker: the form was valid a moment ago.
                for message in error.messages:
                    messages.error(request, message)
                result = messages.WARNING, gettext("Saved, but the action failed.")
            request.transition_result = result

    def _save_credit(self, request: HttpRequest, form) -> None:
        picture = form.cleaned_data.get("picture")
        typed = (form.cleaned_data["picture_credit"], form.cleaned_data["picture_licence"])
        if not picture or typed == (picture.credit, picture.licence):
            return
        if Picture.objects.describable_by(request.user).filter(pk=picture.pk).exists():
            picture.credit, picture.licence = typed
            picture.save(update_fields=["credit", "licence"])
        else:
            messages.warning(
                request,
                gettext(
                    "Credit and licence of the picture stay as they were: other articles may show "
                    "them, so ask an editor."
                ),
            )

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        article = form.instance
        forget(request.user, article, read_token(request.POST.get("form_token")))
        if newest := article.latest_edition():
            mark_read(request.user, article, newest.number)

    def message_user(self, request, message, level=messages.INFO, *args, **kwargs):
        if level == messages.SUCCESS:
            # What the pressed button did, in place of Django's sentence that all was saved.
            level, message = getattr(request, "transition_result", (level, message))
        super().message_user(request, message, level, *args, **kwargs)

    def history_view(self, request, object_id, extra_context=None):
        """List the editions above the log."""
        now, context = timezone.now(), {}
        article = self.get_object(request, object_id)
        if article is not None:
            editions = article.editions.defer("body").select_related("author", "approved_by")
            context = {
                "rows": [(row, row.status_at(now)) for row in editions.order_by("-number")],
                "may_restore": may_change(request.user, article),
            }
        return super().history_view(request, object_id, context | (extra_context or {}))
