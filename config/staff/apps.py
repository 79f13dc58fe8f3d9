from django.apps import AppConfig
from django.core.cache import caches
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    name = "config.staff"
    verbose_name = _("Staff")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from allauth.core.internal import ratelimit  # noqa: PLC0415 - models are not ready before

        # The default cache is each process's own: counted there, every worker would allow as many
        # attempts again. allauth has no setting for it.
        ratelimit.cache = caches["sign_in"]
