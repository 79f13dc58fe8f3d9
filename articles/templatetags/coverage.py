"""What the public templates need besides Django's own filters."""

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby, pairwise

from django import template
from django.utils.safestring import SafeString

from articles.maps.drawing import Drawing, drawing_of
from articles.maps.geometry import Ring
from articles.models import Picture
from articles.pictures.embedding import with_figures
from engagements.models import Action, Engagement, Source

register = template.Library()


@register.filter
def story(body: str) -> SafeString:
    """Return a story's HTML as it stands on the page of its edition."""
    return with_figures(body)


@register.filter
def story_once_told(body: str) -> SafeString:
    """Return the HTML of a story that stands no more: without pictures that were taken down."""
    return with_figures(body, Picture.objects.public())


@register.filter
def story_at_desk(body: str) -> SafeString:
    """Return a story's HTML for the desk, whose pictures need not be public."""
    return with_figures(body, at_desk=True)


@register.filter
def is_overdue_on(action: Action, today: dt.date) -> bool:
    """Say whether an action is neither done nor dropped though its time has wholly passed."""
    return action.is_overdue(today)


@register.filter
def drawing(engagement: Engagement) -> Drawing:
    """Return the drawing of an engagement that `for_drawings()` fetched."""
    return drawing_of(engagement)


@register.filter
@lru_cache(maxsize=2048)  # a map's rings are kept too, so that they are soon found again
def as_areas(rings: tuple[Ring, ...]) -> str:
    """Return rings as the `d` of an SVG path: closed, in whole units, each relative to the last."""
    found, last = [], (0, 0)
    for start, *rest in map(_in_whole_units, rings):
        if len(rest) > 1:
            found.append(f"m{_steps([last, start, *rest])}z")
            # Where the pen is once a ring is closed.
            last = start
    return SafeString("".join(found))


@register.filter
@lru_cache(maxsize=2048)
def as_lines(rings: tuple[Ring, ...]) -> str:
    """Return lines as the `d` of an SVG path, in whole units and relative steps."""
    lines = map(_in_whole_units, rings)
    return SafeString(
        # A line as short as a point would be an error, at which SVG stops reading.
        "".join(
            f"M{start[0]} {start[1]}l{_steps([start, *rest])}" for start, *rest in lines if rest
        )
    )


def _in_whole_units(ring: Ring) -> list[tuple[int, int]]:
    return [point for point, _same in groupby((round(x), round(y)) for x, y in ring)]


def _steps(points: list[tuple[int, int]]) -> str:
    # A minus sign parts two numbers as well as a space does.
    return "".join(
        f"{' ' if x2 >= x1 else ''}{x2 - x1}{' ' if y2 >= y1 else ''}{y2 - y1}"
        for (x1, y1), (x2, y2) in pairwise(points)
    ).lstrip()


@register.filter
def as_bars(counts: list[int]) -> str:
    """Return counts as bars, the `d` of an SVG path: 10 units wide each, 24 high at the most."""
    most = max([*counts, 1])
    # Whatever happened at all can be seen.
    heights = [max(2, round(count / most * 24)) if count else 0 for count in counts]
    bars = [f"M{n * 10 + 1} 24v-{height}h8v{height}z" for n, height in enumerate(heights) if height]
    return SafeString(f"M0 24h{len(counts) * 10}" + "".join(bars))


@register.filter
def numbered(sources: Iterable[Source], cited: Iterable[Source]) -> list[tuple[int, Source]]:
    """Return those of an engagement's sources that are cited, each with its number in the list."""
    wanted = set(cited)
    return [(n, source) for n, source in enumerate(sources, start=1) if source in wanted]
