from django.core.management.base import BaseCommand
from tqdm import tqdm

from articles.caching.version import content_changed
from articles.syndication import index as syndication_index
from articles.timeline.index import indexed_engagements, rebuild
from engagements.models import Action


class Command(BaseCommand):
    help = (
        "Rebuild the indexes of timelines and feeds. Needed after loading a fixture, or after a "
        "script that wrote to the database without the site's signals; harmless at any time."
    )

    def handle(self, *args, **options):
        with tqdm(
            total=indexed_engagements().count(), unit=" engagements", file=self.stderr
        ) as bar:
            rebuild(bar.update)
        syndication_index.rebuild()
        Action.objects.name_owners()
        content_changed()
        self.stdout.write(f"{bar.n:,} engagements are on the timelines.")
