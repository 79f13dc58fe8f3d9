from django.urls import path

from articles import feeds, views

app_name = "articles"

urlpatterns = [
    path("", views.home, name="home"),
    path("feed.rss", feeds.SiteRss(), name="feed_rss"),
    path("feed.atom", feeds.SiteAtom(), name="feed_atom"),
    path("articles/", views.article_list, name="article_list"),
    path("articles/<slug:slug>/", views.article, name="article"),
    path("engagements/<slug:slug>/", views.engagement, name="engagement"),
    path("engagements/<slug:slug>/share.png", views.engagement_share, name="engagement_share"),
    path("regions/", views.region_list, name="region_list"),
    path("regions/<slug:slug>/", views.region, name="region"),
    path("regions/<slug:slug>/feed.rss", feeds.RegionRss(), name="region_feed_rss"),
    path("regions/<slug:slug>/feed.atom", feeds.RegionAtom(), name="region_feed_atom"),
    path("topics/<slug:slug>/", views.topic, name="topic"),
    path("topics/<slug:slug>/feed.rss", feeds.TopicRss(), name="topic_feed_rss"),
    path("topics/<slug:slug>/feed.atom", feeds.TopicAtom(), name="topic_feed_atom"),
    path("media/<uuid:uuid>/<str:name>", views.media, name="media"),
    path("healthz", views.healthz, name="healthz"),
]
