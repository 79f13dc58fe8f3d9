from typing import Any

from django.core.management.base import BaseCommand

from articles.desk.content_audit import audit_content
from articles.models import Finding


class Command(BaseCommand):
    help = (
        "Look over every article that readers see for links within the site that broke and "
        "pictures without a description. The desk lists what was found. Once a day will do."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        looked = audit_content()
        self.stdout.write(f"{looked} looked over, {Finding.objects.count()} found.")
