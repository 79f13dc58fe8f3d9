"""Template filters of the public pages: stories, pictures, maps."""

import datetime as dt
import html
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby, pairwise

from django import template
from django.utils.safestring import SafeString

from articles.maps.drawing import Drawing, drawing_of
from articles.maps.geometry import Ring
from articles.models import Picture
from articles.pictures.embedding import with_images
from engagements.models import Action, Engagement, Source

register = template.Library()


@register.filter
def story(body: str) -> SafeString:
    """Return the HTML of a public edition's story."""
    return with_images(body)


@register.filter
def superseded_story(body: str) -> SafeString:
    """Return the HTML of an old version's story, without pictures that are no longer public."""
    return with_images(body, Picture.objects.public())


@register.filter
def story_at_desk(body: str) -> SafeString:
    """Return a story's HTML for the desk, whose pictures need not be public."""
    return with_images(body, at_desk=True)


@register.filter
def is_overdue_on(action: Action, today: dt.date) -> bool:
    """Return whether an action is overdue on a day."""
    return action.is_overdue(today)


@register.filter
def drawing(engagement: Engagement) -> Drawing:
    """Return the drawing of an engagement that `for_drawings()` fetched."""
    return drawing_of(engagement)


@register.filter
@lru_cache(maxsize=2048)
def as_areas(rings: tuple[Ring, ...]) -> str:
    """Return rings as the `d` of an SVG path: closed, in whole units and relative steps."""
    paths, last = [], (0, 0)
    for start, *rest in map(_in_whole_units, rings):
        if len(rest) > 1:
            paths.append(f"m{_steps([last, start, *rest])}z")
            last = start  # closing a ring moves the pen there
    return SafeString("".join(paths))


@register.filter
@lru_cache(maxsize=2048)
def as_lines(rings: tuple[Ring, ...]) -> str:
    """Return lines as the `d` of an SVG path, in whole units and relative steps."""
    lines = map(_in_whole_units, rings)
    return SafeString(
        # A line of one point would be an error, at which browsers stop drawing.
        "".join(
            f"M{start[0]} {start[1]}l{_steps([start, *rest])}" for start, *rest in lines if rest
        )
    )


def _in_whole_units(ring: Ring) -> list[tuple[int, int]]:
    return [point for point, _same in groupby((round(x), round(y)) for x, y in ring)]


def _steps(points: list[tuple[int, int]]) -> str:
    # A minus sign separates two numbers without a space.
    return "".join(
        f"{' ' if x2 >= x1 else ''}{x2 - x1}{' ' if y2 >= y1 else ''}{y2 - y1}"
        for (x1, y1), (x2, y2) in pairwise(points)
    ).lstrip()


@register.filter
def as_bars(counts: list[int]) -> str:
    """Return counts as bars, the `d` of an SVG path: each 10 units wide and at most 24 high."""
    most = max([*counts, 1])
    # Every count above 0 is visible.
    heights = [max(2, round(count / most * 24)) if count else 0 for count in counts]
    bars = [f"M{n * 10 + 1} 24v-{height}h8v{height}z" for n, height in enumerate(heights) if height]
    return SafeString(f"M0 24h{len(counts) * 10}" + "".join(bars))


@register.filter
def numbered(sources: Iterable[Source], cited: Iterable[Source]) -> list[tuple[int, Source]]:
    """Return the sources that are cited, each with its number among the engagement's sources."""
    wanted = set(cited)
    return [(n, source) for n, source in enumerate(sources, start=1) if source in wanted]


@register.filter
def escape_markup(text: str) -> str:
    """Escape a text in which there is a "<", for feed readers that then take it for HTML."""
    return html.escape(text) if "<" in text else text
