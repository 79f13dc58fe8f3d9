from django.urls import URLPattern, path, register_converter

from articles import feeds
from articles.views import pages, subjects

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
    """Return the addresses of a kind of subject: the index, and each one's page and feeds."""
    return [
        path(f"{prefix}/", getattr(subjects, f"{kind}_list"), name=f"{kind}_list"),
        path(f"{prefix}/<{key}>/", getattr(subjects, kind), name=kind),
        path(f"{prefix}/<{key}>/feed.rss", feeds.Rss(kind), name=f"{kind}_feed_rss"),
        path(f"{prefix}/<{key}>/feed.atom", feeds.Atom(kind), name=f"{kind}_feed_atom"),
    ]


urlpatterns = [
    path("", pages.home, name="home"),
    path("feed.rss", feeds.Rss(), name="feed_rss"),
    path("feed.atom", feeds.Atom(), name="feed_atom"),
    path("articles/", pages.article_list, name="article_list"),
    path("articles/<slug:slug>/", pages.article, name="article"),
    path("engagements/<slug:slug>/", pages.engagement, name="engagement"),
    path("engagements/<slug:slug>/share.png", pages.engagement_share, name="engagement_share"),
    *subject("region", "regions", "slug:slug"),
    *subject("country", "countries", "country:code"),
    *subject("person", "people", "slug:slug"),
    *subject("organisation", "organisations", "slug:slug"),
    *subject("topic", "topics", "slug:slug"),
    path("media/<uuid:uuid>/<str:name>", pages.media, name="media"),
    path("healthz", pages.healthz, name="healthz"),
]
