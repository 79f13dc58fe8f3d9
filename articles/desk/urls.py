"""The desk's own pages, beneath the admin's address and in its frame."""

from django.urls import path

from articles.desk.views import front

app_name = "desk"
urlpatterns = [
    path("unfinished/", front.unfinished, name="unfinished"),
]
