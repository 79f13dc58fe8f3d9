"""What happens to an article besides saving: by a button of its form, or by one beside it."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from articles.models import Article, Edition
from articles.publishing import workflow
from articles.publishing.checks import Story
from engagements.admin.base import ReasonPage
from engagements.dates import spelled_out
from engagements.text import is_key


class Transitions(ReasonPage, admin.ModelAdmin):
    reason_permission = "articles.withdraw_article"

    def get_urls(self):
        views = {
            "unschedule": self.unschedule_view,
            "reinstate": self.reinstate_view,
            "confirm": self.confirm_view,
        }
        return [
            *(
                path(
                    f"<int:article_id>/{name}/",
                    self.admin_site.admin_view(require_POST(view)),
                    name=f"articles_article_{name}",
                )
                for name, view in views.items()
            ),
            *super().get_urls(),
        ]

    # With the form, after what it holds was saved

    def perform(self, request: HttpRequest, edition: Edition, form: Any) -> None:
        """Do what the pressed button says with the edition that was saved; tell how it went."""
        at, reason = form.cleaned_data.get("publish_at"), form.cleaned_data.get("reason", "")
        try:
            match form.transition:
                case "submit":
                    reviewers = form.cleaned_data.get("reviewers", ())
                    workflow.submit(edition, by=request.user, reviewers=reviewers)
                    told = gettext("Sent for review.")
                case "recall":
                    workflow.recall(edition, by=request.user)
                    told = gettext("Taken back from review.")
                case "return":
                    workflow.send_back(edition, by=request.user, reason=reason)
                    told = gettext("Returned to its writer.")
                case "publish" | "publish_with_visit" | "force" | "force_with_visit":
                    workflow.publish(
                        edition,
                        by=request.user,
                        at=at,
                        forced_reason=form.forced_reason,
                        with_visits=form.brings_visits,
                    )
                    told = self._told_of_publication(edition)
        except ValidationError as error:
            # Somebody else was quicker: the form found nothing wrong a moment ago.
            for sentence in error.messages:
                messages.error(request, sentence)
            request.was_refused = True  # type: ignore[attr-defined]
        else:
            messages.success(request, told)
            request.was_told = True  # type: ignore[attr-defined]

    def _told_of_publication(self, edition: Edition) -> str:
        if Edition.objects.scheduled().filter(pk=edition.pk).exists():
            assert edition.public_from is not None  # noqa: S101 - the database holds it to one
            return gettext("Scheduled: readers see it from %s.") % spelled_out(edition.public_from)
        link = format_html('<a href="{}">{}</a>', edition.get_absolute_url(), edition)
        return format_html(gettext("Published: {}"), link)

    def message_user(self, request, message, level=messages.INFO, *args, **kwargs):
        if level == messages.SUCCESS and getattr(request, "was_refused", False):
            # Django's own would say that all went well.
            message, level = gettext("Saved, and nothing else was done."), messages.WARNING
        elif level == messages.SUCCESS and getattr(request, "was_told", False):
            return  # one sentence is enough: what was done says that it was saved
        super().message_user(request, message, level, *args, **kwargs)

    # Beside the form

    def perform_withdrawal(self, request, obj, reason):
        workflow.withdraw(obj, by=request.user, reason=reason)

    def unschedule_view(self, request: HttpRequest, article_id: int) -> HttpResponse:
        article = self._article_for(request, article_id, "articles.publish_article")
        edition = Edition.objects.scheduled().filter(article=article).first()
        return self._do(
            request,
            article,
            lambda: workflow.unschedule(edition, by=request.user),
            gettext("No longer scheduled: the edition is a draft again."),
            lambda: self._visits_to_come(edition),
        )

    def _visits_to_come(self, edition: Edition | None) -> str:
        """Say which visits have an hour of their own, which they may have got with the article."""
        still = gettext("The visit “%(visit)s” still comes out at %(at)s.")
        now = timezone.now()
        return " ".join(
            still % {"visit": visit, "at": spelled_out(visit.public_from)}
            for visit in (Story.of(edition).visits if edition else [])
            if visit.public_from and visit.public_from > now
        )

    def reinstate_view(self, request: HttpRequest, article_id: int) -> HttpResponse:
        article = self._article_for(request, article_id, "articles.withdraw_article")
        return self._do(
            request,
            article,
            lambda: workflow.reinstate(article, by=request.user),
            gettext("The article is back."),
        )

    def confirm_view(self, request: HttpRequest, article_id: int) -> HttpResponse:
        article = self._article_for(request, article_id, "articles.publish_article")
        number = request.POST.get("edition", "")
        edition = get_object_or_404(article.editions, number=number if is_key(number) else 0)
        return self._do(
            request,
            article,
            lambda: workflow.confirm(edition, by=request.user),
            gettext("Approved afterwards."),
        )

    def _article_for(self, request: HttpRequest, pk: int, permission: str) -> Article:
        if not request.user.has_perm(permission):
            raise PermissionDenied
        return get_object_or_404(Article, pk=pk)

    def _do(
        self,
        request: HttpRequest,
        article: Article,
        transition: Callable[[], None],
        told: str,
        more: Callable[[], str] = str,
    ) -> HttpResponse:
        try:
            transition()
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            self.log_change(request, article, told)
            messages.success(request, f"{told} {more()}".strip())
        return HttpResponseRedirect(reverse("admin:articles_article_change", args=[article.pk]))
