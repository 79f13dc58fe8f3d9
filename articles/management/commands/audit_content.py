from typing import Any

from django.core.management.base import BaseCommand

from articles.desk.content_audit import audit_content
from articles.models import Finding


class Command(BaseCommand):
    help = (
        "Check every public article for broken links within the site and pictures without "
        "alternative text. The desk lists the findings. Once a day is enough."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        checked = audit_content()
        self.stdout.write(f"{checked} articles checked, {Finding.objects.count()} findings.")
