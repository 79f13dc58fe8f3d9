from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ArticlesConfig(AppConfig):
    name = "articles"
    verbose_name = _("Articles")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models cannot be imported earlier.
        from articles import receivers, redirects  # noqa: PLC0415
        from articles.notifications import deliver  # noqa: F401, PLC0415 - registers its handlers
        from articles.roles import sync_roles  # noqa: PLC0415
        from articles.syndication import index as syndication_index  # noqa: PLC0415
        from articles.timeline import index as timeline_index  # noqa: PLC0415

        # Django's own receiver, which comes first, creates the permissions.
        post_migrate.connect(sync_roles, sender=self)
        post_migrate.connect(timeline_index.rebuild_if_empty, sender=self)
        post_migrate.connect(syndication_index.rebuild_if_empty, sender=self)
        receivers.connect()
        redirects.connect()
