"""Draws an invented nautical chart, the lead picture of a story about silt."""

import io
import math
from itertools import product
from pathlib import Path

from django.conf import settings
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 1600, 900
# Drawn in cells of two pixels and enlarged.
CELL = 2
# The colours of water deeper than a number of metres; the rest is land.
LAND, WATER = (236, 222, 190), [
    (0, (203, 222, 205)), (2, (190, 217, 222)), (5, (208, 228, 233)), (10, (225, 237, 240)),
    (20, (240, 245, 245)),
]  # fmt: skip
INK, FAINT, RED = (44, 52, 60), (120, 138, 146), (138, 28, 28)


def depth(x: float, y: float) -> float:
    """Return metres of water at a place of the chart, 0 to 1 from the left and the top."""
    channel = 0.46 + 0.11 * math.sin(3.4 * x + 0.6) + 0.03 * math.sin(11 * x)
    away = abs(y - channel)
    floor = 26 * math.exp(-((away / 0.17) ** 2)) - 34 * max(0, away - 0.3) + 5 * x
    bank = 19 * math.exp(-(((x - 0.58) / 0.09) ** 2) - ((y - channel - 0.02) / 0.05) ** 2)
    return floor - bank + 1.6 * math.sin(17 * x + 4 * y) * math.cos(13 * y - 3 * x)


def draw_chart() -> bytes:
    """Return the chart as a PNG of 1600 × 900 pixels."""
    size = (WIDTH // CELL, HEIGHT // CELL)
    image = Image.new("RGB", size, LAND)
    pixels = image.load()
    bands = {}
    for x, y in product(range(size[0]), range(size[1])):
        metres = depth(x / size[0], y / size[1])
        band = sum(metres > limit for limit, _colour in WATER)
        bands[x, y] = band
        if pixels and band:
            pixels[x, y] = WATER[band - 1][1]
        # A line where the next cell to the left or above lies in another band.
        if pixels and {band} != {bands.get((x - 1, y), band), bands.get((x, y - 1), band)}:
            pixels[x, y] = INK if 0 in (band, bands.get((x - 1, y))) else FAINT
    image = image.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(image)
    font = Path(settings.BASE_DIR, "static", "fonts", "serif-latin.woff2")
    small, large = ImageFont.truetype(font, 22), ImageFont.truetype(font, 56)
    for column, row in product(range(27), range(16)):
        east = 60 + column * 57 + (row % 2) * 28 + 9 * math.sin(5 * row + column)
        south = 50 + row * 55 + 9 * math.cos(3 * column + row)
        metres = depth(east / WIDTH, south / HEIGHT)
        if metres > 0.4 and east < WIDTH - 45:
            pen.text((east, south), f"{metres:.0f}", fill=INK, font=small, anchor="mm")
    # The bank that had been drawn twice, and where its double was struck out.
    middle, down = WIDTH * 58 // 100, HEIGHT // 2
    pen.ellipse([middle - 150, down - 92, middle + 150, down + 92], outline=RED, width=4)
    for shift in (-26, 26):
        pen.line([middle - 60, down - shift, middle + 60, down + shift], fill=RED, width=4)
    pen.text((70, 90), "Northern shoals", fill=INK, font=large, anchor="lm")
    pen.text((70, 150), "Soundings in metres. First edition.", fill=INK, font=small, anchor="lm")
    pen.rectangle([18, 18, WIDTH - 19, HEIGHT - 19], outline=INK, width=3)
    pen.rectangle([28, 28, WIDTH - 29, HEIGHT - 29], outline=INK, width=1)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
