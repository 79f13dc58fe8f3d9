"""The addresses of the desk's pages of regions, besides Django's own."""

from django.urls import path

from engagements.admin import views

region_urlpatterns = [
    path("<int:region_id>/review/", views.review, name="engagements_region_review"),
]
