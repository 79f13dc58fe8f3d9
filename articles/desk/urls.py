"""The desk's own pages, beneath the admin's address and in its frame."""

from django.urls import path

from articles.desk.views import front, search

app_name = "desk"
urlpatterns = [
    path("unfinished/", front.unfinished, name="unfinished"),
    path("search/", search.search_page, name="search"),
    path("search/suggestions/", search.suggestions, name="suggestions"),
]
