from django.apps import AppConfig
from django.core.cache import caches
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    name = "config.staff"
    verbose_name = _("Staff")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models are not ready before.
        from allauth.core.internal import ratelimit  # noqa: PLC0415

        from config.staff import audit  # noqa: F401, PLC0415 - connects its receivers

        # allauth counts attempts in the default cache, which is local to a process, so that every
        # worker would allow as many again. It has no setting for another cache.
        ratelimit.cache = caches["sign_in"]
