"""The desk's own pages, beneath the admin's address and in its frame."""

from django.urls import path

from articles.desk.views import bulk, calendar, clearing, front, search

app_name = "desk"
urlpatterns = [
    path("unfinished/", front.unfinished, name="unfinished"),
    path("search/", search.search_page, name="search"),
    path("search/suggestions/", search.suggestions, name="suggestions"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/move/", calendar.move, name="move"),
    path("clear-up/", clearing.overview, name="clear_up"),
    path("clear-up/look/", clearing.look, name="look"),
    path("clear-up/doubles/<slug:kind>/", clearing.doubles, name="doubles"),
    path("many/<slug:kind>/<slug:operation>/", bulk.bulk, name="bulk"),
    path("clear-up/drafts/", clearing.leaver, name="leaver"),
]
