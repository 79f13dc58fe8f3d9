from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from articles.models import Article
from articles.publishing.public_versions import gaps_of, read_day, versions_of, versions_on
from articles.richtext import plain_text
from engagements.dates import spelled_out
from engagements.models import FormerSlug


class Command(BaseCommand):
    help = "Print each version of an article that was public on a day."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the last part of the page's address, or a former one")
        parser.add_argument("date", help="the day, in the site's time zone: 2025-01-28")

    def handle(self, *args: Any, slug: str, date: str, **options: Any) -> None:
        now = timezone.now()
        article = Article.objects.filter(slug=slug).first() or self._renamed(slug)
        if article is None:
            raise CommandError(f"No article has, or had, the address “{slug}”.")
        try:
            day = read_day(date, timezone.localdate(now))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        versions = versions_of(article, now)
        public = versions_on(versions, day, gaps_of(article))
        if not public:
            raise CommandError(f"Readers saw nothing of “{article.slug}” on {day}.")
        if article.withdrawn_at:
            when = spelled_out(article.withdrawn_at)
            self.stderr.write(f"Withdrawn on {when}: {article.withdrawn_reason}")
        for version in public:
            until = f"until {spelled_out(version.until)}" if version.until else "and still does"
            edition = version.edition
            self.stdout.write(
                f"Version {version.number} of {len(versions)} (edition {edition.number}) "
                f"stood from {spelled_out(version.since)} {until}.\n\n"
                f"{edition.headline}\n\n{edition.standfirst}\n\n{plain_text(edition.body)}\n"
            )

    def _renamed(self, slug: str) -> Article | None:
        former = FormerSlug.objects.of_model(Article).filter(slug=slug)
        return Article.objects.filter(pk__in=former.values("target")).first()
