"""Loads the demo's articles, one TOML file each in stories/, with the story as HTML.

`public` is the day of publication, in days from the load (negative: in the past; absent: a draft);
`withdrawn` is the reason of a withdrawal; `update` is a later edition in review, with a note to
readers; `picture` describes the drawn chart as the lead picture.
"""

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django.utils.text import slugify

from articles.demo.chart import draw_chart
from articles.models import Article
from articles.pictures.library import create_picture
from articles.publishing.workflow import publish, save_edition, submit, withdraw
from engagements.models import Engagement

FILES = Path(__file__).parent / "stories"


def load_stories(users: dict[str, User], visits: dict[str, Engagement]) -> None:
    stories = [tomllib.loads(file.read_text(encoding="utf-8")) for file in FILES.glob("*.toml")]
    # Oldest first, so that the drafts are the newest rows.
    for story in sorted(stories, key=lambda story: story.get("public", 99)):
        load_story(story, users, visits)


def load_story(
    story: dict[str, Any], users: dict[str, User], visits: dict[str, Engagement]
) -> None:
    """Save one article in the state of its `public`, `withdrawn` and `update`."""
    engagement = visits[story["engagement"]]
    article = Article.objects.create(slug=slugify(story["headline"]), created_by=users["writer"])
    content = {
        "headline": story["headline"],
        "standfirst": story["standfirst"],
        "body": story["body"],
        "byline": story.get("byline", ""),
        "note": story.get("note", ""),
        "engagement": engagement,
        "also_covers": [visits[key] for key in story.get("also_covers", [])],
        "topics": engagement.topics.all(),
        **picture(story.get("picture"), by=users["writer"]),
    }
    edition = save_edition(article, author=users["writer"], **content)
    if "public" in story:
        at = timezone.now() + dt.timedelta(days=story["public"])
        publish(edition, by=users["deskhead"], at=at, backdated=True)
    if "withdrawn" in story:
        withdraw(article, by=users["deskhead"], reason=story["withdrawn"])
    if "update" in story:
        content |= {"body": story["body"] + story["update"]["adds"]}
        content |= {"public_note": story["update"]["tells"]}
        submit(
            save_edition(article, author=users["writer"], **content),
            by=users["writer"],
            reviewers=[users["editor"]],
        )


def picture(words: dict[str, str] | None, *, by: User) -> dict[str, Any]:
    """Return the columns of an edition with the chart as its lead picture; none for `None`."""
    if words is None:
        return {}
    file = SimpleUploadedFile("chart.png", draw_chart())
    return {
        "picture": create_picture(file, credit=words["credit"], by=by),
        "picture_alt": words["alt"],
        "picture_caption": words["caption"],
    }
