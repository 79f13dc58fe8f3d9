"""What changed, word by word: readable, well formed, safe, and found in bounded time."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.richtext import diff_list, diff_story, diff_text, sanitize

SPOKEN = re.compile(r'<span class="visually-hidden">.*?</span>')


def seen(html: str) -> str:
    """Return the HTML without what only a screen reader speaks."""
    return SPOKEN.sub("", html)


def side(html: str, gone: str) -> str:
    """Return the text of one side: what stands without the marks named `gone`."""
    kept = re.sub(rf"<{gone}>.*?</{gone}>", "", seen(html), flags=re.DOTALL)
    return "".join(re.sub(r"<[^>]+>", "", kept).split())


def test_text_shows_the_words_that_changed():
    """Words that stayed stand once; what is less than a word between two changes goes along."""
    assert seen(diff_text("Two of three came.", "One in four came & stayed.")) == (
        "<del>Two of three</del> <ins>One in four</ins> came <ins>&amp; stayed</ins>."
    )


def test_changes_are_said_in_words():
    """A screen reader hears where something was removed or added, not colour alone."""
    html = diff_text("old", "new")
    assert "[removed: </span>old" in html
    assert "[added: </span>new" in html


def test_story_is_compared_paragraph_by_paragraph():
    """A new heading, a paragraph that went, and one word in another."""
    old = "<p>It opened.</p><p>Gone for good, all of it.</p><p>The envoy spoke at length.</p>"
    new = "<p>It opened.</p><h2>Talks</h2><p>The envoy spoke <strong>briefly</strong>.</p>"
    html = seen(diff_story(old, new))
    assert html.startswith("<p>It opened.</p>")
    assert "<p><del>Gone for good, all of it.</del></p>" in html
    assert "<h2><ins>Talks</ins></h2>" in html
    assert "<p>The envoy spoke <del>at length</del><ins><strong>briefly</strong></ins>.</p>" in html


def test_table_is_compared_cell_by_cell():
    """One word of one cell, a new row and a new column, each where it stands."""
    old = "<table><tbody><tr><td>Gas</td><td>Forum in May</td></tr></tbody></table>"
    new = (
        "<table><tbody><tr><td>Gas</td><td>EU</td><td>Forum in June</td></tr>"
        "<tr><td>Oil</td><td></td><td>None</td></tr></tbody></table>"
    )
    html = seen(diff_story(old, new))
    assert "<td>Gas</td><td><ins>EU</ins></td>" in html
    assert "<td>Forum in <del>May</del><ins>June</ins></td>" in html
    assert "<tr><td><ins>Oil</ins></td><td></td><td><ins>None</ins></td></tr>" in html
    other = seen(diff_story(new, new.replace("Forum in June", "Forum in July")))
    assert other.count("<del>") == other.count("<ins>") == 1


def test_link_that_leads_elsewhere_is_a_change():
    """The same words with another address do not pass for the same."""
    link = '<p>See <a href="https://{}.example/">the text</a>.</p>'
    html = seen(diff_story(link.format("one"), link.format("two")))
    assert '<del><a href="https://one.example/">the text</a></del>' in html
    assert '<ins><a href="https://two.example/">the text</a></ins>' in html


def test_word_of_any_script_is_whole():
    """Vowel signs and joiners are parts of a word: no mark falls between two letters."""
    for old, new in (("قابَلَ", "قابِلَ"), ("می\u200cرود", "می\u200cروند"), ("हिन्दी", "हिन्दू")):
        assert seen(diff_text(f"{old}، {old}", f"{new}، {old}")) == (
            f"<del>{old}</del><ins>{new}</ins>، {old}"
        )


def test_long_story_is_compared_word_by_word():
    """With a change in each of 300 paragraphs, and some gone and new, only these are marked."""
    rows = [[f"w{n * m % 4999}" for m in range(1, 91)] for n in range(1, 311)]
    old = "".join(f"<p>{' '.join(row)}</p>" for row in rows[10:])
    new = "".join(f"<p>{' '.join([*row[:40], 'new', *row[41:]])}</p>" for row in rows[:300])
    html = seen(diff_story(old, new))
    assert html.count("<ins>new</ins>") == 290
    assert len(re.findall("<(?:del|ins)>", html)) == 2 * 290 + 10 + 10


def test_list_names_what_came_and_what_went():
    """What stayed is unmarked, and names are text."""
    html = seen(diff_list(["Energy", "Sea"], ["Energy", "<b>"]))
    assert html == "<ul><li>Energy</li><li><ins>&lt;b&gt;</ins></li><li><del>Sea</del></li></ul>"


def test_nothing_but_the_allowlist_comes_out():
    """What a stored row should never hold does not come out of a comparison either."""
    nasty = '<p onclick="x()">Hi<script>x()</script><img src=x onerror=x()><ins cite="//x">!</ins>'
    html = diff_story("<p>Hi</p>", nasty)
    assert not re.search(r"<script|onclick|onerror|<img|cite=", html)
    assert "&lt;i&gt;" in diff_text("", "<i>")


STORIES = st.recursive(
    st.text("ab <&é", max_size=6).map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;")),
    lambda inner: st.tuples(
        st.sampled_from(["p", "h2", "ul", "li", "table", "tr", "td", "strong", "em", "blockquote"]),
        st.lists(inner, max_size=3),
    ).map(lambda made: f"<{made[0]}>{''.join(made[1])}</{made[0]}>"),
    max_leaves=12,
)


@settings(max_examples=150)
@given(STORIES, STORIES)
def test_either_side_can_be_read_off(old, new):
    """Without what came it is the old text, without what went the new one."""
    html = diff_story(old, new)
    for gone, source in (("ins", old), ("del", new)):
        text = re.sub(r"<[^>]+>", "", sanitize(source))
        assert side(html, gone) == "".join(text.split())
    assert diff_story(new, new).count("<ins>") == 0


WORDS = [str(n * n % 4999) for n in range(45_000)]
# A hundred words, each a hundredth of the text: the most that `difflib` takes for a rare word.
FEW_WORDS = [str(n * n * n % 10_007 % 120) for n in range(100_000)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<p>" + "a " * 200_000, "<p>" + "a " * 150_000 + "b " + "a " * 49_000),
        ("<p>" + " ".join(WORDS), "<p>" + " ".join(reversed(WORDS))),
        ("<p>" + "a b " * 80_000, "<p>" + "b a c " * 60_000),
        ("<blockquote>" * 99 + "x y " * 50_000, "<blockquote>" * 99 + "y x z " * 40_000),
        ("<p>" + " ".join(FEW_WORDS), "<p>" + " ".join(reversed(FEW_WORDS))),
        ("<p>" + "".join(f"a{n} b{n} " for n in range(25_000)),
         "<p>" + "".join(f"a{n} c{n} " for n in range(25_000))),
        ("<blockquote><p>a</p>" * 99 + " ".join(WORDS),
         "<blockquote><p>b</p>" * 99 + " ".join(WORDS[1:])),
        ("<p>x" * 20_000, "<p>y" * 15_000),
        ("<table><tr>" + "<td>x" * 15_000, "<table><tr>" + "<td>y" * 14_000),
    ],
    ids=[
        "one word", "no order", "alternating", "nested", "few words", "every other word",
        "nested words", "paragraphs", "cells",
    ],
)  # fmt: skip
def test_hostile_length_takes_bounded_time(old, new):
    """The longest story that can be stored is compared in seconds, whatever it holds."""
    started = time.process_time()
    assert diff_story(old, new)
    assert time.process_time() - started < 8
