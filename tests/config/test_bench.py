"""The benchmark's bars: a page that misses one fails the run, one that was slow once does not."""

import pytest

from tests.bench import __main__ as bench
from tests.bench import bars, data, measure, report


def figures(saving: float = 10.0, ratio: float = 9.0, **pages: float) -> dict:
    """Return what a step hands back; a page's name with "_" for what no keyword may hold."""
    rows = {name.replace("_", " ", 1): {"median_ms": ms} for name, ms in pages.items()}
    rendering = {"article": 90, "article_ratio": 9, "timeline_ratio": ratio}
    return {"pages": rows, "save_ms": saving, "rendering": rendering}


@pytest.mark.parametrize(
    ("page", "few", "many", "is_missed"),
    [
        ("first page", 50, 100, False),
        ("first page", 50, 101, True),
        ("person", 50, 101, True),
        ("single filter: overdue actions", 50, 101, True),
        ("facet panel alone", 50, 101, True),
        ("facet panel alone, with a topic", 50, 500, False),
        ("combined: topic and country", 20, 300, False),
        ("combined: topic and country", 290, 301, True),
        ("feed of the site", 5, 11, True),
        ("editor: first page", 5, 500, False),
    ],
)
def test_page_is_held_to_its_bar(page, few, many, is_missed):
    """Pages with one filter at most may double, those with several have their milliseconds."""
    small, large = ({"pages": {page: {"median_ms": ms}}} for ms in (few, many))
    assert set(bars.missed(small, large)) == ({page} if is_missed else set())


def test_scarce_page_is_held_to_a_full_one():
    """Of a filter that finds a handful in the small database and a page full in the large one."""
    [page] = bars.SCARCE
    small = {"pages": {page: {"median_ms": 20}, bars.FULL: {"median_ms": 50}}}
    for many, missed in ((100, set()), (101, {page})):
        large = {"pages": {page: {"median_ms": many}, bars.FULL: {"median_ms": 50}}}
        assert set(bars.missed(small, large)) == missed


def test_saving_and_rendering_are_held_to_their_bars():
    """A save may take twice as long, and what is kept has to be worth it."""
    assert not bars.missed(figures(saving=10), figures(saving=20))
    assert set(bars.missed(figures(saving=10), figures(saving=21))) == {bars.SAVING}
    assert set(bars.missed(figures(ratio=1.9), figures())) == {bars.RENDERING}


@pytest.mark.parametrize(
    ("page", "many", "is_missed"),
    [
        ("first page", 23, False),
        ("first page", 24, True),
        ("facet panel alone, with a topic", 24, True),
        ("single filter: topic", 24, False),
        ("combined: facet panel alone", 24, False),
    ],
)
def test_unfiltered_page_asks_no_more_of_a_large_archive(page, many, is_missed):
    """The most queries of a page without filters may differ by what is on it, not by much."""
    small, large = (
        {"pages": {page: {"median_ms": 1, "queries": [18, most]}}} for most in (20, many)
    )
    assert set(bars.missed(small, large)) == ({page} if is_missed else set())


@pytest.mark.sqlite
def test_every_bar_has_a_page_that_is_measured(db):
    """No bar is lost by giving its row another name."""
    data.fill(300)
    pages = {**measure.views(), **measure.panels()}
    assert bars.unheld({"pages": pages}) == []
    del pages["middle page"]
    assert bars.unheld({"pages": pages}) == ["middle page"]


@pytest.mark.parametrize(
    ("nginx", "store", "cache", "is_missed"),
    [
        (60_000, 40_000, 5_000, False),
        (60_000, 39_000, 5_000, True),  # less than 8 times the cache
        (90_000, 44_000, 5_000, True),  # less than half of nginx
        (43_000, 30_000, 5_000, False),  # nginx itself is hardly 8 times as fast
    ],
)
def test_page_store_is_held_to_its_bars(nginx, store, cache, is_missed):
    """It has half of nginx's requests, and 8 times the cache's where a page is short enough."""
    row = {
        "nginx": nginx, "store": store, "cache": cache,
        "to_nginx": store / nginx, "to_cache": store / cache,
    }  # fmt: skip
    assert bool(bars.missed_by_store({"feed, gzip": row})) is is_missed


@pytest.mark.parametrize("times", [1, bars.AGAIN, bars.AGAIN + 1])
def test_page_store_is_taken_again(monkeypatch, times):
    """A row counts as missed if it misses each time; what an edit made stale is never forgiven."""
    slow, asked = {"to_nginx": 0.4, "to_cache": 9}, []

    def step(*arguments: str) -> dict:
        asked.append(arguments)
        row = slow if len(asked) < times else slow | {"to_nginx": 0.6}
        return {"pages": {"feed, gzip": row}, "mixed": {}}

    monkeypatch.setattr(bench, "step", step)
    mixed = {"answers": 9, "stale": 1, "failed": 0}
    figures = {"pages": {"feed, gzip": slow, "article, gzip": slow | {"to_nginx": 1}}}
    figures["mixed"] = mixed
    figures["work"] = {"nobody": 100, "drafts": 90, "publications": 10}
    figures["filtered"] = {"alone": 1, "beside": 600}
    missed = bench.store_again_where_missed("SQLite", figures, "large")
    assert figures["again"] == ["feed, gzip"]
    assert asked == [("store", "large", "feed, gzip")] * min(times, bars.AGAIN)
    always = {"stale answers", "a crawl beside publications", "a hot page beside filters"}
    assert set(missed) == always | ({"feed, gzip"} if times > bars.AGAIN else set())


@pytest.mark.parametrize("strict", ["", "1"])
def test_database_that_is_left_out_fails_a_strict_run(monkeypatch, capsys, strict):
    """Without PostgreSQL's programs the run says so, and with STRICT=1 it fails."""
    monkeypatch.setattr("sys.argv", ["bench", "--only", "timelines"])
    monkeypatch.setenv("STRICT", strict)
    monkeypatch.setattr(bench, "databases", lambda *_: iter([("SQLite", [])]))
    monkeypatch.setattr(bench, "take_timelines", lambda *_: ([], {}))
    monkeypatch.setattr(bench, "report", lambda _figures: "")
    assert bench.main() == (1 if strict else 0)
    assert "Left out: PostgreSQL" in capsys.readouterr().err


def test_report_marks_what_was_taken_again():
    """A reader of the figures sees which of them are not the first."""
    row = {"median_ms": 1, "worst_ms": 1, "queries": [5]}
    old = {"engagements": 10, "pages": {"person": row, "first page": row}, "save_ms": 1}
    again = bars.with_newer(old, {"pages": {"person": row}, "save_ms": 1})
    marked = [line for line in report._pages("SQLite", old, again).splitlines() if "†" in line]
    assert [line.split(" |")[0] for line in marked] == ["| person †", f"| {bars.SAVING} †"]


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
