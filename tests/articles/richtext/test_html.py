import re
import sys
import time

import pytest
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import models
from hypothesis import given
from hypothesis import strategies as st

from articles.models import Edition
from articles.richtext import (
    MAX_BODY_BYTES,
    BodyField,
    plain_text,
    render_for_feed,
    render_story,
    sanitize,
)
from tests.factories import ArticleFactory

# Coverage's tracer makes the same work several times slower.
SECONDS = 5 if sys.gettrace() is None else 25

HOSTILE = '<p onclick="steal()" style="color:red">Hello<script>steal()</script>\0 world</p>'
STORY_TAGS = "p|h[2-4]|strong|em|a|ul|ol|li|blockquote|br|table|thead|tbody|tr|th|td"
HARMLESS = "<p>Hello world</p>"


@pytest.fixture
def article(db):
    return ArticleFactory()


def stored_body(edition: Edition) -> str:
    return Edition.objects.values_list("body", flat=True).get(pk=edition.pk)


# What may be in a story


@pytest.mark.parametrize(
    "story",
    [
        "<h2>Head</h2><h3>Head</h3><h4>Head</h4>",
        "<p>A <strong>bold</strong> and <em>leaning</em> word,<br>a new line</p>",
        "<ul><li><p>One</p><ul><li><p>Deeper</p></li></ul></li></ul>",
        '<ol start="3"><li><p>Three</p></li></ol>',
        "<blockquote><p>They said</p></blockquote>",
        '<table><tbody><tr><th colspan="2"><p>A</p></th></tr></tbody></table>',
        '<p><a href="https://example.org/?a=1&amp;b=2" title="Agenda">agenda</a></p>',
        '<p><a href="/regions/sahel/">here</a> <a href="mailto:press@example.org">write</a></p>',
        "<p>🚢 العربية עברית “quoted” 5 &lt; 6 &amp; 7</p>",
        "",
    ],
)
def test_sanitize_story_stays_as_it_is(story):
    """What the editor can write is stored as it was written."""
    assert sanitize(story) == story


@pytest.mark.parametrize(
    ("source", "cleaned"),
    [
        (HOSTILE, HARMLESS),
        ('<p><img src="x" onerror="steal()">Hi</p>', "<p>Hi</p>"),
        ('<p class="MsoNormal"><span lang="EN">Hi<o:p></o:p></span></p>', "<p>Hi</p>"),
        ("<svg><style><a id='</style><img onerror=x>'>", ""),
        ("<math><mtext><script>steal()</script></mtext></math><p>Hi</p>", "<p>Hi</p>"),
        ('<iframe srcdoc="<script>steal()</script>"></iframe><p>Hi</p>', "<p>Hi</p>"),
        ("<p>Hi<!-- <p>not this</p> --></p>", "<p>Hi</p>"),
        ("<!--><p>Hi</p>", "<p>Hi</p>"),
        ('<p title="a > b">Hi</p>', "<p>Hi</p>"),
        ("<p>5 < 6</p>", "<p>5 &lt; 6</p>"),
        ('<a href="/x" title="" target="_blank" rel="opener">Hi</a>', '<a href="/x">Hi</a>'),
        ('<ol start="steal" type="i" data-type="x"><li>Hi</li></ol>', "<ol><li>Hi</li></ol>"),
        (
            '<table style="x"><colgroup><col></colgroup><tr><td colspan="1">Hi</td></tr></table>',
            "<table><tbody><tr><td>Hi</td></tr></tbody></table>",
        ),
    ],
)
def test_sanitize_rest_is_left_out(source, cleaned):
    """Nothing but a story's own elements and their few attributes survives."""
    assert sanitize(source) == cleaned


def test_sanitize_equivalent_elements_are_renamed():
    """Bold, italics and headings of older HTML keep their meaning."""
    assert (
        sanitize("<h1>A</h1><p><b>B</b> <i>C</i></p><h6>D</h6>")
        == "<h2>A</h2><p><strong>B</strong> <em>C</em></p><h4>D</h4>"
    )


def test_sanitize_caption_is_a_paragraph_before_its_table():
    """A block in a caption, or a paragraph that is open around its table, takes no cell away."""
    table = "<table><tbody><tr><td>1</td><td>2</td></tr></tbody></table>"
    row = "<tr><td>1</td><td>2</td></tr>"
    assert (
        sanitize(f"<table><caption>In <b>millions</b></caption>{row}</table>")
        == f"<p>In <strong>millions</strong></p>{table}"
    )
    nested = sanitize(f"<p>See:<table><caption><p>In millions</p></caption>{row}</table>")
    assert nested.endswith(f"<p>In millions</p>{table}")
    assert plain_text(nested) == "See:\nIn millions\n1 2"


@pytest.mark.parametrize(
    "address",
    [
        "javascript:steal()",
        "JaVaScRiPt:steal()",
        "java\nscript:steal()",
        "&#106;avascript:steal()",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://example.org/",
        "//example.org/",
        "/\\example.org/",
        "#note",
        "page.html",
        "https://[broken",
        "",
    ],
)
def test_sanitize_other_addresses_leave_the_words(address):
    """A link that is neither http(s), mailto nor a path on the site becomes its words."""
    assert sanitize(f'<p><a href="{address}">words</a></p>') == "<p>words</p>"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("www.example.org", "https://www.example.org"),
        ("example.org/agenda", "https://example.org/agenda"),
        ("press@example.org", "mailto:press@example.org"),
        (" https://example.org/a b ", "https://example.org/a%20b"),
    ],
)
def test_sanitize_addresses_get_their_scheme(typed, stored):
    """An address as people type it leads where they mean."""
    assert sanitize(f'<a href="{typed}">x</a>') == f'<a href="{stored}">x</a>'


def test_sanitize_control_characters_are_removed():
    """Characters that XML forbids would break every feed, however they are written."""
    assert sanitize("<p>a\0b\x08c&#7;d\ufffee\ud800f</p>") == "<p>abcdef</p>"


@pytest.mark.parametrize("blank", ["<p></p>", "<p></p><p> </p>", "<p>&nbsp;<br></p>", "<ul><li>"])
def test_sanitize_story_without_text_is_empty(blank):
    """An editor's empty paragraphs are no story."""
    assert sanitize(blank) == ""


@pytest.mark.parametrize(
    "unit",
    ["<div>", "<blockquote>", "<ul><li>", "<table><tr><td>", "<strong><blockquote></strong>",
     "<li><blockquote>", "<a ", '<a b="', "<!--", "</", "<![CDATA[", "<svg a='"],
)  # fmt: skip
def test_sanitize_hostile_nesting_takes_seconds_at_most(unit):
    """A story within its limit cannot occupy a process, however deep or broken it is."""
    source = unit * (MAX_BODY_BYTES // len(unit)) + "end"
    started = time.process_time()
    once = sanitize(source)
    assert time.process_time() - started < SECONDS
    assert sanitize(once) == once


@pytest.mark.parametrize(
    ("start", "unit"),
    [
        ("<a ", "a"),
        ("<a ", " a"),
        ("<a ", "a='"),
        ("<svg>", "</svg"),
        ('<a href="', "x."),
        ("<", "p"),
    ],
)
def test_sanitize_hostile_tag_takes_seconds_at_most(start, unit):
    """Nor can a single tag, however long it is."""
    for end in ("", ">x", '">x', "'>x"):
        started = time.process_time()
        sanitize(start + unit * (MAX_BODY_BYTES // len(unit)) + end)
        assert time.process_time() - started < SECONDS


def test_sanitize_text_in_deep_nesting_is_kept():
    """Ten thousand nested elements lose their depth, not their words."""
    assert plain_text("<div>" * 10_000 + "deep" + "</div>" * 10_000) == "deep"
    assert plain_text("<blockquote>" * 10_000 + "deep") == "deep"


MARKUP = """
<p> </p> <b> </b> <ul> </ul> <li> </li> <table> </table> <thead> <tr> </tr> <td> </td> <th> </th>
<caption> </caption> <h1> </h1> <blockquote> </blockquote> <a/href="/x"> </a> <br> <script>
</script> <svg> <!-- -->
<title> </title> <th/colspan=2> <a/href='https://x.example'title='<p>'> text &lt; &amp;lt; < > " é
&nbsp; &#0; \0
"""


@given(st.lists(st.sampled_from(MARKUP.split()), max_size=40).map("".join))
def test_sanitize_anything_holds_its_promises(source):
    """Whatever comes: sanitised once is sanitised, pages are well formed, no text turns to tags."""
    once = sanitize(source)
    assert sanitize(once) == once
    assert not re.search(
        r"<(?!/?(?:p|h[2-4]|strong|em|a|ul|ol|li|blockquote|br|table|t\w+)\b)", once
    )
    page = render_story(source)
    for tag in ("div", "table", "tr", "th", "td", "ul", "blockquote", "a"):
        assert len(re.findall(rf"<{tag}\b", page)) == page.count(f"</{tag}>")
    assert page.count("<th") == page.count("<th scope=") + page.count("<thead")
    assert "<" not in re.sub("<[^<>]*>", "", page)
    render_for_feed(source, "https://news.example")
    plain_text(source)


# On its way out


def test_plain_text_has_a_line_for_each_block():
    """Words of neighbouring blocks and cells never run together, and entities are resolved."""
    story = (
        "<h2>Head</h2><p>A <strong>bo</strong>ld\nword,<br>5 &lt; 6</p><ul><li><p>One</p></li></ul>"
        "<table><tbody><tr><td><p>B</p></td><td><p>C</p></td></tr></tbody></table>"
    )
    assert plain_text(story).split() == [
        "Head",
        "A",
        "bold",
        "word,",
        "5",
        "<",
        "6",
        "One",
        "B",
        "C",
    ]
    assert plain_text(story).startswith("Head\nA bold word,\n5 < 6\nOne\n")


def test_render_sanitises_what_is_stored():
    """A row that something else wrote does not reach a page as it is."""
    assert render_story(HOSTILE.replace("\0", "")) == HARMLESS


@pytest.mark.parametrize(
    ("rows", "scopes"),
    [
        ("<tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr>", ["col", "col"]),
        ("<tr><th></th><th>B</th></tr><tr><th>1</th><td>2</td></tr>", ["col", "col", "row"]),
        ("<tr><th>A</th><td>1</td></tr><tr><th>B</th><td>2</td></tr>", ["row", "row"]),
        (
            "<thead><tr><th>A</th><td>B</td></tr></thead><tbody><tr><th>1</th></tr></tbody>",
            ["col", "row"],
        ),
        ('<tr><th colspan="2">A</th></tr><tr><td>1</td><td>2</td></tr>', ["col"]),
    ],
)
def test_render_header_cells_have_their_scope(rows, scopes):
    """A screen reader is told which cells a header cell heads."""
    page = render_story(f"<table>{rows}</table>")
    assert re.findall('<th scope="([a-z]+)"', page) == scopes
    assert page.count("<th>") == 0


def test_render_tables_scroll_by_keyboard():
    """Each table is in a named box that takes the focus, so it can be read on a phone."""
    table = "<table><tbody><tr><td>1</td></tr></tbody></table>"
    box = '<div class="table-scroll" role="region" tabindex="0" aria-label="{}">{}</div>'
    assert render_story(f"<p>x</p>{table}") == f"<p>x</p>{box.format('Table', table)}"
    assert render_story(table * 2) == box.format("Table 1", table) + box.format("Table 2", table)


def test_render_nested_table_has_one_box():
    """A table within a table scrolls with it."""
    inner = "<table><tbody><tr><th>In</th></tr></tbody></table>"
    page = render_story(f"<table><tbody><tr><td>{inner}</td><th>Out</th></tr></tbody></table>")
    assert page.count("table-scroll") == 1
    assert page.count("</div>") == 1
    assert '<th scope="col">In</th>' in page
    assert '<th scope="row">Out</th>' in page


def test_render_for_feed_links_are_absolute():
    """A feed is read elsewhere, so its links say where they lead; text stays text."""
    story = '<p><a href="/a/?x=1&amp;y=2" title="T">a</a> <a href="https://x.example/b">b</a></p>'
    story += '<p>&lt;a href="/c"</p><table><tbody><tr><th>H</th></tr></tbody></table>'
    fed = render_for_feed(story, "https://news.example/")
    assert 'href="https://news.example/a/?x=1&amp;y=2" title="T"' in fed
    assert 'href="https://x.example/b"' in fed
    assert '&lt;a href="/c"' in fed
    assert "<div" not in fed


# On its way in


def test_save_sanitises_the_instance_too(article):
    """`save()` without validation stores a clean story and leaves one on the instance."""
    edition = Edition.objects.create(article=article, number=1, headline="Visit", body=HOSTILE)
    assert edition.body == HARMLESS
    assert stored_body(edition) == HARMLESS


def test_bulk_writes_sanitise(article):
    """`bulk_create`, `bulk_update` and `update` store a clean story."""
    [edition] = Edition.objects.bulk_create(
        [Edition(article=article, number=1, headline="Visit", body=HOSTILE)]
    )
    assert stored_body(edition) == HARMLESS
    Edition.objects.update(body=f"<p>2</p>{HOSTILE}")
    assert stored_body(edition) == f"<p>2</p>{HARMLESS}"
    edition.body = f"<p>3</p>{HOSTILE}"
    Edition.objects.bulk_update([edition], ["body"])
    assert stored_body(edition) == f"<p>3</p>{HARMLESS}"


def test_fixture_sanitises(article):
    """A fixture, which skips `pre_save`, stores a clean story."""
    edition = Edition(pk=7, article=article, number=1, headline="Visit", body=HOSTILE)
    dump = serializers.serialize("json", [edition])
    assert "script" in dump
    for read in serializers.deserialize("json", dump):
        read.save()
    assert stored_body(edition) == HARMLESS


def test_copied_column_is_left_to_the_database(article):
    """An expression is not a story, and is handed on as it is."""
    edition = Edition.objects.create(article=article, number=1, headline="Visit", body=HOSTILE)
    Edition.objects.update(body=models.F("body"))
    assert stored_body(edition) == HARMLESS


def test_form_cleans():
    """A form's cleaned data is what will be stored."""
    field = BodyField(blank=True).formfield()
    assert field.clean(HOSTILE) == HARMLESS
    assert field.clean("") == ""


def test_form_notices_changes_of_substance_only():
    """What the editor merely writes in another way makes no new edition."""
    field = BodyField().formfield()
    stored = "<table><tbody><tr><td><p>A</p></td></tr></tbody></table>"
    assert not field.has_changed(stored, stored.replace("<td>", '<td colspan="1" rowspan="1">'))
    assert field.has_changed(stored, stored.replace("A", "B"))


@pytest.mark.parametrize("letter", ["x", "é", "🚢"])
def test_body_at_its_limit_is_taken_and_beyond_it_refused(letter):
    """The limit counts bytes of UTF-8, and the sentence says the size and the limit."""
    field = BodyField(blank=True)
    fits = letter * (MAX_BODY_BYTES // len(letter.encode()))
    assert field.formfield().clean(fits) == fits
    for clean in (field.formfield().clean, lambda value: field.clean(value, None)):
        with pytest.raises(ValidationError, match=r"501 KB long.*at most 500 KB"):
            clean(fits + letter)


def test_body_that_outgrows_its_limit_is_refused():
    """What counts is what would be stored, in which "<" takes four bytes."""
    with pytest.raises(ValidationError, match="1172 KB"):
        BodyField().clean("<" * 300_000, None)


def test_migrations_do_not_know_the_editor():
    """A change of the editor's configuration makes no migration."""
    _name, path, args, kwargs = BodyField("story", blank=True).deconstruct()
    assert (path, args) == ("django.db.models.TextField", [])
    assert kwargs == {"verbose_name": "story", "blank": True}


def test_quotation_that_begins_with_its_mark_is_told_apart():
    """The mark hangs in the margin; a quotation without one is not pulled out."""
    assert render_story("<blockquote><p>“Yes.”</p></blockquote>").startswith(
        '<blockquote class="marked">'
    )
    assert render_story("<blockquote><p>Yes.</p></blockquote>").startswith("<blockquote><p>")
