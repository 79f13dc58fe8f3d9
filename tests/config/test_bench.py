"""The benchmark's bars: a page that misses one fails the run, one that was slow once does not."""

import pytest

from tests.bench import __main__ as bench
from tests.bench import bars


def figures(saving: float = 10.0, ratio: float = 1.0, **pages: float) -> dict:
    """Return what a step hands back; a page's name with "_" for what no keyword may hold."""
    rows = {name.replace("_", " ", 1): {"median_ms": ms} for name, ms in pages.items()}
    return {"pages": rows, "save_ms": saving, "rendering": {"ratio": ratio}}


@pytest.mark.parametrize(
    ("page", "few", "many", "is_missed"),
    [
        ("first page", 50, 100, False),
        ("first page", 50, 101, True),
        ("person", 50, 101, True),
        ("single filter: overdue actions", 50, 101, True),
        ("filters and strip alone, with a topic", 50, 101, True),
        ("combined: topic and country", 20, 300, False),
        ("combined: topic and country", 290, 301, True),
        ("feed of the site", 5, 500, False),
        ("editor: first page", 5, 500, False),
    ],
)
def test_page_is_held_to_its_bar(page, few, many, is_missed):
    """Pages with one filter at most may double, those with several have their milliseconds."""
    small, large = ({"pages": {page: {"median_ms": ms}}} for ms in (few, many))
    assert set(bars.missed(small, large)) == ({page} if is_missed else set())


def test_saving_and_rendering_are_held_to_their_bars():
    """A save may take twice as long, and kept cards have most of an article's speed."""
    assert not bars.missed(figures(saving=10), figures(saving=20))
    assert set(bars.missed(figures(saving=10), figures(saving=21))) == {bars.SAVING}
    assert set(bars.missed(figures(ratio=0.69), figures())) == {bars.RENDERING}


@pytest.mark.parametrize("times", [1, 3, 4])
def test_row_counts_as_missed_only_each_time(monkeypatch, capsys, times):
    """What was slow by chance is taken again, of both databases, and only what is slow again."""
    asked = []

    def step(name: str, url: str, *rows: str) -> dict:
        asked.append((name, url, rows))
        is_slow = url == "large" and len(asked) // 2 + 1 <= times
        return {"pages": {"first page": {"median_ms": 50 if is_slow else 10}}}

    monkeypatch.setattr(bench, "step", step)
    found = [figures(first_page=10, person=10), figures(first_page=50, person=10)]
    missed = bench.again_where_missed("SQLite", found, ["small", "large"])
    assert set(missed) == ({"first page"} if times > bars.AGAIN else set())
    assert asked == [
        ("measure", url, ("first page",))
        for _time in range(min(times, bars.AGAIN))
        for url in ("small", "large")
    ]
    assert found[1]["pages"]["person"] == {"median_ms": 10}
    assert "again: first page" in capsys.readouterr().err
