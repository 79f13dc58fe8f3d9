"""The addresses of the facts' pages in the admin, besides Django's own."""

from django.urls import URLPattern, path

from articles.facts.duplicate_merge import Subject
from articles.facts.views import duplicates, engagements

urlpatterns = [
    path(
        "<int:engagement_id>/withdraw/",
        engagements.withdraw,
        name="engagements_engagement_withdraw",
    ),
    path(
        "<int:engagement_id>/revisions/compare/",
        engagements.compare,
        name="engagements_engagement_compare",
    ),
    path(
        "<int:engagement_id>/revisions/<int:revision_id>/",
        engagements.revert,
        name="engagements_engagement_revision",
    ),
]


def duplicate_urlpatterns(model: type[Subject]) -> list[URLPattern]:
    """Return the address of the page that merges a duplicate of a model into another row."""
    name = f"engagements_{model._meta.model_name}_merge"
    return [path("<int:object_id>/merge/", duplicates.merge_page, {"model": model}, name=name)]
