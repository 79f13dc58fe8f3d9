"""A lead picture drawn from the facts: places, the way between them, the date."""

import io

from PIL import Image, ImageDraw, ImageFont

SIZE = (1600, 900)
PAPER, INK, ACCENT, SHADE = "#efe6d6", "#1d1b18", "#8a1c1c", "#dccfb8"


def draw(title: str, date: str, places: list[tuple[str, float, float]]) -> bytes:
    """Return a PNG of 1600 × 900 pixels; `places` are names with x and y from 0 to 1."""
    width, height = SIZE
    image = Image.new("RGB", SIZE, PAPER)
    pen = ImageDraw.Draw(image)
    for radius in range(140, 1500, 90):
        centre = (places[-1][1] * width, places[-1][2] * height)
        box = [centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius]
        pen.ellipse(box, outline=SHADE, width=3)
    points = [(x * width, y * height) for _name, x, y in places]
    if len(points) > 1:
        pen.line(points, fill=ACCENT, width=8, joint="curve")
    label, large = ImageFont.load_default(44), ImageFont.load_default(88)
    for (name, _x, _y), (x, y) in zip(places, points, strict=True):
        pen.ellipse([x - 20, y - 20, x + 20, y + 20], fill=PAPER, outline=ACCENT, width=8)
        pen.text((x + 40, y), name, fill=INK, font=label, anchor="lm")
    pen.text((70, 90), title, fill=INK, font=large, anchor="lm")
    pen.text((70, height - 80), date, fill=ACCENT, font=label, anchor="lm")
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
