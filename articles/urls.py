from django.urls import URLPattern, path, register_converter

from articles.pages import articles, engagements, followup, site, subjects, versions
from articles.pictures import views as pictures
from articles.previews import views as previews
from articles.syndication import action_calendar, directory, listings
from articles.syndication.calendars import calendar
from articles.syndication.feeds import addresses
from articles.syndication.listings import Read

app_name = "articles"


class CountryCode:
    """A code of ISO 3166, in lower case in an address: "dz", "suhh"."""

    regex = "[a-z]{2}(?:[a-z]{2})?"

    def to_python(self, value: str) -> str:
        return value.upper()

    def to_url(self, value: str) -> str:
        return value.lower()


register_converter(CountryCode, "country")


def followed(prefix: str, name: str, listing: Read) -> list[URLPattern]:
    """Return the feeds and the calendar of a listing: "name_feed_rss", "name_calendar"."""
    return [
        *addresses(prefix, name, listing),
        path(f"{prefix}calendar.ics", calendar(listing), name=f"{name}calendar"),
    ]


urlpatterns = [
    path("", site.home, name="home"),
    *followed("", "", listings.of_articles()),
    path("feeds/", directory.feed_list, name="feed_list"),
    path("feeds.opml", directory.opml, name="opml"),
    path("corrections/", followup.correction_list, name="correction_list"),
    *addresses("corrections/", "correction_", listings.of_corrections),
    path("outcomes/", followup.action_list, name="action_list"),
    *addresses("outcomes/", "outcome_", listings.of_updates),
    path(
        "outcomes/calendar.ics",
        calendar(listings.of_due_actions, action_calendar.of_due_actions),
        name="outcome_calendar",
    ),
    path("articles/", articles.article_list, name="article_list"),
    path("articles/<slug:slug>/", articles.article, name="article"),
    path("articles/<slug:slug>/versions/", versions.version_list, name="article_versions"),
    path(
        "articles/<slug:slug>/versions/compare/",
        versions.comparison,
        name="article_comparison",
    ),
    path("articles/<slug:slug>/versions/<int:number>/", versions.version, name="article_version"),
    path("engagements/<slug:slug>/", engagements.engagement, name="engagement"),
    path(
        "engagements/<slug:slug>/share.png",
        engagements.engagement_share,
        name="engagement_share",
    ),
    path("regions/", subjects.region_list, name="region_list"),
    path("regions/<slug:slug>/", subjects.region, name="region"),
    *followed("regions/<slug:slug>/", "region_", listings.of_articles("region")),
    path("countries/", subjects.country_list, name="country_list"),
    path("countries/<country:code>/", subjects.country, name="country"),
    *followed("countries/<country:code>/", "country_", listings.of_articles("country")),
    path("people/", subjects.person_list, name="person_list"),
    path("people/<slug:slug>/", subjects.person, name="person"),
    *followed("people/<slug:slug>/", "person_", listings.of_articles("person")),
    path("organisations/", subjects.organisation_list, name="organisation_list"),
    path("organisations/<slug:slug>/", subjects.organisation, name="organisation"),
    *followed("organisations/<slug:slug>/", "organisation_", listings.of_articles("organisation")),
    path("topics/", subjects.topic_list, name="topic_list"),
    path("topics/<slug:slug>/", subjects.topic, name="topic"),
    *followed("topics/<slug:slug>/", "topic_", listings.of_articles("topic")),
    path("media/<uuid:uuid>/<str:name>", pictures.media, name="media"),
    path("preview/<str:token>/", previews.preview, name="preview"),
    path(
        "preview/<str:token>/media/<uuid:uuid>/<str:name>",
        previews.preview_media,
        name="preview_media",
    ),
    path("robots.txt", site.robots, name="robots"),
    path("healthz", site.healthz, name="healthz"),
    path("livez", site.livez, name="livez"),
    path("readyz", site.readyz, name="readyz"),
]
