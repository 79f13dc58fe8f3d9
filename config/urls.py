"""The root URLconf."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

handler500 = "config.outages.handle_error"

urlpatterns = [
    path("admin/account/", include("config.staff.urls")),
    path("admin/desk/", include("articles.desk.urls")),
    path("admin/", admin.site.urls),
    *i18n_patterns(path("", include("articles.urls")), prefix_default_language=False),
]
