"""A form with an uploaded picture, which is decoded before the form's transaction begins."""

from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from articles.models import Picture
from articles.pictures.library import read_upload


class UploadForm(admin.ModelAdmin):
    """Belongs before whatever opens the transaction."""

    upload_field: str

    def replaced_picture(self, request: HttpRequest, object_id: str | None) -> Picture | None:
        """Return the picture whose file the upload replaces, if it is no new one."""
        return None

    def changeform_view(self, request, object_id=None, *args, **kwargs):
        file: Any = request.FILES.get(self.upload_field)
        if file is None or not self.has_view_or_change_permission(request):
            return super().changeform_view(request, object_id, *args, **kwargs)
        upload = None
        with suppress(ValidationError):  # which the form says at its field
            upload = read_upload(file, self.replaced_picture(request, object_id))
        try:
            return super().changeform_view(request, object_id, *args, **kwargs)
        except BaseException:
            if upload:
                upload.discard()
            raise
