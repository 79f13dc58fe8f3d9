"""The article's addresses in the admin, besides Django's own."""

from django.urls import path

from articles.authoring.views import comments, editions, links, preview, script

urlpatterns = [
    path("visit-topics/", script.visit_topics, name="articles_article_visit_topics"),
    path("autosave/", script.autosave, name="articles_article_autosave"),
    path("presence/", script.presence, name="articles_article_presence"),
    path("autosave/<int:autosave_id>/discard/", script.discard, name="articles_article_discard"),
    path("preview/", preview.preview, name="articles_article_preview_new"),
    path("<int:article_id>/preview/", preview.preview, name="articles_article_preview"),
    path("<int:article_id>/comment/", comments.comment, name="articles_article_comment"),
    path("<int:article_id>/links/", links.link_list, name="articles_article_links"),
    path(
        "<int:article_id>/links/<int:link_id>/revoke/",
        links.revoke,
        name="articles_article_revoke_link",
    ),
    path("<int:article_id>/compare/", editions.compare, name="articles_article_compare"),
    path("<int:article_id>/restore/", editions.restore, name="articles_article_restore"),
    path("<int:article_id>/withdraw/", editions.withdraw, name="articles_article_withdraw"),
    path("<int:article_id>/unschedule/", editions.unschedule, name="articles_article_unschedule"),
    path("<int:article_id>/reinstate/", editions.reinstate, name="articles_article_reinstate"),
    path("<int:article_id>/confirm/", editions.confirm, name="articles_article_confirm"),
]
