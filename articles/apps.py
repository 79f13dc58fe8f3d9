from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ArticlesConfig(AppConfig):
    name = "articles"
    verbose_name = _("Articles")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from articles import (  # noqa: PLC0415 - models are not ready before
            news_index,
            receivers,
            redirects,
            timeline_index,
        )
        from articles.roles import sync_roles  # noqa: PLC0415

        # Permissions exist only after this signal, which Django's own receiver answers first.
        post_migrate.connect(sync_roles, sender=self)
        post_migrate.connect(timeline_index.rebuild_if_empty, sender=self)
        post_migrate.connect(news_index.rebuild_if_empty, sender=self)
        receivers.connect()
        redirects.connect()
