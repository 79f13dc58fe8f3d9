"""The addresses of the desk's own pages, which lie under the admin's."""

from django.urls import path

from articles.desk.views import bulk, calendar, clean_up, mail_settings, search, unfinished

app_name = "desk"
urlpatterns = [
    path("unfinished/", unfinished.unfinished, name="unfinished"),
    path("search/", search.search_page, name="search"),
    path("search/suggestions/", search.suggestions, name="suggestions"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/move/", calendar.move, name="move"),
    path("clean-up/", clean_up.overview, name="clean_up"),
    path("clean-up/audit/", clean_up.audit, name="audit"),
    path("clean-up/duplicates/<slug:kind>/", clean_up.duplicate_pairs, name="duplicates"),
    path("many/<slug:kind>/<slug:operation>/", bulk.bulk, name="bulk"),
    path("clean-up/reassign/", clean_up.reassign_drafts, name="reassign"),
    path("mail-settings/", mail_settings.mail_settings, name="mail_settings"),
]
