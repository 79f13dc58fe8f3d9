"""One refresh for all rows of an admin form."""

from django.contrib import admin
from django.db import transaction

from articles.caching.batch import batched_refresh


class RefreshedOnce(admin.ModelAdmin):
    """A form's many rows are followed by one refresh of the timelines, in its transaction."""

    def changeform_view(self, request, *args, **kwargs):
        if request.method != "POST":
            return super().changeform_view(request, *args, **kwargs)
        with transaction.atomic(), batched_refresh():
            return super().changeform_view(request, *args, **kwargs)
