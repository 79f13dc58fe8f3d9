"""The library's addresses in the admin, besides Django's own."""

from django.urls import path

from articles.pictures import desk_views

urlpatterns = [
    path("upload/", desk_views.upload, name="articles_picture_upload"),
    path("describe/", desk_views.describe, name="articles_picture_describe"),
    path("pick/", desk_views.pick, name="articles_picture_pick"),
    path("<uuid:uuid>/file/<str:name>", desk_views.file, name="articles_picture_file"),
    path("<uuid:uuid>/shown", desk_views.fallback_file, name="articles_picture_shown"),
]
