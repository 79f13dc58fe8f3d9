from django.urls import URLPattern, path, register_converter

from articles.pages import articles as pages
from articles.pages import followup, subjects, versions
from articles.previews import views as previews
from articles.syndication import directory, listings, promise_calendar
from articles.syndication.calendars import calendar
from articles.syndication.feeds import addresses

app_name = "articles"


class CountryCode:
    """A code of ISO 3166, in lower case in an address: "dz", "suhh"."""

    regex = "[a-z]{2}(?:[a-z]{2})?"

    def to_python(self, value: str) -> str:
        return value.upper()

    def to_url(self, value: str) -> str:
        return value.lower()


register_converter(CountryCode, "country")


def subject(kind: str, prefix: str, key: str) -> list[URLPattern]:
    """Return the addresses of a kind of subject: its index; each one's page, feeds and calendar."""
    articles = listings.of_articles(kind)
    return [
        path(f"{prefix}/", getattr(subjects, f"{kind}_list"), name=f"{kind}_list"),
        path(f"{prefix}/<{key}>/", getattr(subjects, kind), name=kind),
        *addresses(f"{prefix}/<{key}>/", f"{kind}_", articles),
        path(f"{prefix}/<{key}>/calendar.ics", calendar(articles), name=f"{kind}_calendar"),
    ]


urlpatterns = [
    path("", pages.home, name="home"),
    *addresses("", "", listings.of_articles()),
    path("calendar.ics", calendar(listings.of_articles()), name="calendar"),
    path("feeds/", directory.feed_list, name="feed_list"),
    path("feeds.opml", directory.opml, name="opml"),
    path("corrections/", followup.correction_list, name="correction_list"),
    *addresses("corrections/", "correction_", listings.of_corrections),
    path("outcomes/", followup.outcome_list, name="outcome_list"),
    *addresses("outcomes/", "outcome_", listings.of_updates),
    path(
        "outcomes/calendar.ics",
        calendar(listings.of_promises, promise_calendar.of_promises),
        name="outcome_calendar",
    ),
    path("articles/", pages.article_list, name="article_list"),
    path("articles/<slug:slug>/", pages.article, name="article"),
    path("articles/<slug:slug>/versions/", versions.version_list, name="article_versions"),
    path(
        "articles/<slug:slug>/versions/compare/",
        versions.comparison,
        name="article_comparison",
    ),
    path("articles/<slug:slug>/versions/<int:number>/", versions.version, name="article_version"),
    path("engagements/<slug:slug>/", pages.engagement, name="engagement"),
    path("engagements/<slug:slug>/share.png", pages.engagement_share, name="engagement_share"),
    *subject("region", "regions", "slug:slug"),
    *subject("country", "countries", "country:code"),
    *subject("person", "people", "slug:slug"),
    *subject("organisation", "organisations", "slug:slug"),
    *subject("topic", "topics", "slug:slug"),
    path("media/<uuid:uuid>/<str:name>", pages.media, name="media"),
    path("preview/<str:token>/", previews.preview, name="preview"),
    path(
        "preview/<str:token>/media/<uuid:uuid>/<str:name>",
        previews.preview_media,
        name="preview_media",
    ),
    path("robots.txt", pages.robots, name="robots"),
    path("healthz", pages.healthz, name="healthz"),
]
