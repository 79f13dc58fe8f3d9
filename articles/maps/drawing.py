"""The drawing of an engagement that has no photograph, made from its facts.

The same facts give the same drawing: an SVG in a page, in the page's colours, and a PNG for the
cards that other sites show of a shared link.
"""

import io
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _
from PIL import Image, ImageDraw, ImageFont

from articles.maps import geometry
from articles.maps.geometry import Label, Map, MapPlace, Point
from engagements.dates import format_range
from engagements.models import Engagement
from engagements.reference import find_city

SHARE_SIZE = (1200, 630)
PANEL = SHARE_SIZE[0] - geometry.WIDTH
COLOURS = {
    "paper": "#faf7f1", "sea": "#e6ebea", "land": "#f6f0e4", "rule": "#d3c8b5", "stop": "#dcb5a5",
    "accent": "#8a1c1c", "ink": "#1d1b18", "ink_2": "#57514a",
}  # fmt: skip
FONTS = ("serif-latin.woff2", "serif-latin-ext.woff2")
# The characters of the fonts, as in site.css.
_EXTENDED = {chr(code) for code in (*range(0x100, 0x180), *range(0x218, 0x21C), 0x1E9E)}
_NOT_IN_FONTS = re.compile(
    "[^ -~\u00a0-\u017f\u0218-\u021b\u1e9e\u2010-\u2015\u2018-\u201e\u2020-\u2022"
    "\u2026\u2190-\u2193\u2212]"
)


@dataclass(frozen=True, slots=True)
class Drawing:
    """The words of a drawing, and the countries of its map in the order of the tour."""

    when: str
    who: str
    where: str
    is_fictional: bool
    stops: tuple[MapPlace, ...]
    origins: tuple[MapPlace, ...]
    stop: str  # "Stop 2 of 4, 27–30 January 2025"; empty if it is no stop of a tour
    turn: int  # degrees by which `rings` are turned, so that they differ between engagements

    @property
    def map(self) -> Map | None:
        return geometry.draw(self.stops, self.origins)

    @property
    def small_map(self) -> Map | None:
        """Return the map with coarser outlines, for a card."""
        return geometry.draw(self.stops, self.origins, detail=4)

    @property
    def is_journey(self) -> bool:
        return len({stop.code for stop in self.stops}) > 1

    @property
    def names(self) -> list[str]:
        """Return the names of the stops, in the order of their numbers."""
        return list(dict.fromkeys(stop.name for stop in self.stops))

    @property
    def description(self) -> str:
        """Return the alternative text."""
        if not self.stops:
            return _("Drawing: %(who)s, %(when)s.") % {"who": self.who, "when": self.when}
        places = ", ".join(self.names)
        origins = ", ".join(place.name for place in self.origins)
        if origins:
            return _("Map: from %(origins)s to %(places)s.") % {
                "origins": origins,
                "places": places,
            }
        return _("Map of %(places)s.") % {"places": places}

    @property
    def rings(self) -> list[tuple[float, float, int]]:
        """Return circles (x, y, radius) around two points, for a meeting without a place."""
        angle = math.radians(self.turn)
        across, down = 150 * math.cos(angle), 110 * math.sin(angle)
        middle = (geometry.WIDTH / 2, geometry.HEIGHT / 2)
        return [
            (middle[0] + side * across, middle[1] + side * down, radius)
            for radius in range(40, 700, 55)
            for side in (-1, 1)
        ]


def drawing_of(engagement: Engagement) -> Drawing:
    """Return the drawing of an engagement fetched by `for_drawings()`."""
    places = [
        MapPlace(
            country.code,
            country.name,
            country == engagement.location_country,
            find_city(country.code, stop.city),
        )
        for stop in engagement.stops or [engagement]
        if (country := stop.location_country)
    ]
    # A call or another meeting without a place has only places of participants, no origins.
    coming = engagement.visitors or (engagement.others if places else [])
    if not places:
        coming = []
        places = [
            MapPlace(p.country.code, p.country.name)
            for p in engagement.participants.all()
            if p.country
        ]
    origins = {
        p.country.code: MapPlace(p.country.code, p.country.name, is_here=False)
        for p in coming
        if p.country
    }
    return Drawing(
        when=engagement.when,
        who=engagement.who,
        where=engagement.where,
        is_fictional=engagement.is_fictional,
        stops=tuple(places),
        origins=tuple(origins.values()),
        stop=_stop(engagement),
        turn=engagement.uuid.int % 180,
    )


def _stop(engagement: Engagement) -> str:
    if not engagement.stops:
        return ""
    end = max((stop.end or stop.start for stop in engagement.stops), key=lambda day: day.last_day)
    return _("Stop %(number)d of %(count)d, %(when)s") % {
        "number": engagement.stop_number,
        "count": len(engagement.stops),
        "when": format_range(engagement.stops[0].start, end),
    }


# A shared link is fetched by many within minutes.
@lru_cache(maxsize=128)
def share_image(drawing: Drawing) -> bytes:
    """Return the drawing as a PNG of 1200 × 630 pixels, with the words on the left."""
    # Drawn at twice the size, because Pillow does not smooth lines.
    factor = 2
    image = Image.new("RGB", (SHARE_SIZE[0] * factor, SHARE_SIZE[1] * factor), COLOURS["sea"])
    pen = ImageDraw.Draw(image)
    _draw_map(pen, drawing, factor)
    pen.rectangle([0, 0, PANEL * factor, SHARE_SIZE[1] * factor], fill=COLOURS["paper"])
    pen.rectangle([0, 0, SHARE_SIZE[0] * factor, 8 * factor], fill=COLOURS["accent"])
    _write(pen, drawing, factor)
    small = image.resize(SHARE_SIZE, Image.Resampling.LANCZOS)
    file = io.BytesIO()
    small.quantize(256, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


def _draw_map(pen: ImageDraw.ImageDraw, drawing: Drawing, factor: int) -> None:
    picture = drawing.map
    if picture is None:
        for x, y, radius in drawing.rings:
            box = _disc((x, y), radius, factor)
            pen.ellipse(box, outline=COLOURS["accent"], width=2 * factor)
        return
    for rings, colour in (
        (picture.land, "land"), (picture.stops, "stop"), (picture.here, "accent"),
    ):  # fmt: skip
        for ring in rings:
            pen.polygon(_placed(ring, factor), fill=COLOURS[colour])
            pen.line(_placed((*ring, ring[0]), factor), fill=COLOURS["rule"], width=factor)
    for dot in picture.dots:
        pen.ellipse(_disc(dot, 6, factor), fill=COLOURS["accent"])
    for way in picture.ways:
        pen.line(_placed(way, factor), fill=COLOURS["ink"], width=3 * factor, joint="curve")
    for arrow in picture.arrows:
        pen.polygon(_placed(arrow, factor), fill=COLOURS["ink"])
    for pin in picture.pins:
        _draw_disc(pen, pin, geometry.PIN, factor)
    for label in picture.labels:
        _draw_label(pen, label, factor)


def _draw_label(pen: ImageDraw.ImageDraw, label: Label, factor: int) -> None:
    if label.is_on_pin:
        _draw_disc(pen, (label.x, label.y), geometry.NUMBER, factor)
    [at] = _placed([(label.x, label.y)], factor)
    colour = COLOURS["paper" if label.is_on_pin else "ink"]
    _text(pen, at, label.text, 24 * factor, colour, "mm", halo=not label.is_on_pin)


def _draw_disc(pen: ImageDraw.ImageDraw, at: Point, radius: int, factor: int) -> None:
    box = _disc(at, radius, factor)
    pen.ellipse(box, fill=COLOURS["ink"], outline=COLOURS["paper"], width=3 * factor)


def _placed(points: Iterable[Point], factor: int) -> list[Point]:
    """Return points of the map in pixels of the image, where it lies right of the words."""
    return [((x + PANEL) * factor, y * factor) for x, y in points]


def _disc(at: Point, radius: float, factor: int) -> list[Point]:
    """Return the corners of the box around a circle of the map."""
    x, y = at
    return _placed([(x - radius, y - radius), (x + radius, y + radius)], factor)


def _write(pen: ImageDraw.ImageDraw, drawing: Drawing, factor: int) -> None:
    left, width = 40 * factor, (PANEL - 70) * factor
    _text(pen, (left, 62 * factor), settings.SITE_NAME, 26 * factor, COLOURS["ink"], "lm")
    if drawing.is_fictional:
        _text(pen, (left, 102 * factor), _("Fictional"), 22 * factor, COLOURS["accent"], "lm")
    lines = [
        *((line, 44, "ink") for line in _wrapped(drawing.when, 44 * factor, width)),
        *((line, 24, "ink_2") for line in _wrapped(drawing.stop, 24 * factor, width)),
        ("", 14, "ink"),
        *((line, 27, "ink_2") for line in _wrapped(drawing.who, 27 * factor, width)),
        *((line, 27, "accent") for line in _wrapped(drawing.where, 27 * factor, width)),
    ]  # fmt: skip
    y = 580.0 - sum(size * 1.3 for _line, size, _colour in lines[-9:])
    for line, size, colour in lines[-9:]:
        y += size * 1.3
        _text(pen, (left, y * factor), line, size * factor, COLOURS[colour], "ls")


def _wrapped(text: str, size: int, width: float) -> list[str]:
    """Return at most three lines of a text, no wider than `width` unless a word is."""
    lines: list[str] = []
    for word in text.split():
        if lines and _width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    return lines[:3]


@lru_cache(maxsize=32)
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(Path(settings.BASE_DIR, "static", "fonts", name), size)
    font.set_variation_by_axes([600])
    return font


def _runs(text: str, size: int) -> list[tuple[str, ImageFont.FreeTypeFont]]:
    """Return the text in pieces, each with the font that has its characters."""
    latin, extended = (_font(name, size) for name in FONTS)
    runs: list[tuple[str, ImageFont.FreeTypeFont]] = []
    # Characters in neither font would become boxes; the page itself has the full text.
    for letter in _NOT_IN_FONTS.sub("", text):
        font = extended if letter in _EXTENDED else latin
        if runs and runs[-1][1] is font:
            runs[-1] = (runs[-1][0] + letter, font)
        else:
            runs.append((letter, font))
    return runs


def _width(text: str, size: int) -> float:
    return sum(font.getlength(piece) for piece, font in _runs(text, size))


def _text(
    pen: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    size: int,
    colour: str,
    anchor: str,
    *,
    halo: bool = False,
) -> None:
    x = at[0] - _width(text, size) * {"l": 0, "m": 0.5, "r": 1}[anchor[0]]
    for piece, font in _runs(text, size):
        pen.text(
            (x, at[1]), piece, fill=colour, font=font, anchor=f"l{anchor[1]}",
            stroke_width=5 if halo else 0, stroke_fill=COLOURS["paper"] if halo else None,
        )  # fmt: skip
        x += font.getlength(piece)
