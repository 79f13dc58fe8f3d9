"""What changed between two texts, two stories or two lists, word by word.

The result is HTML in which `<del>` holds what went and `<ins>` what came; both also say so in words
that only a screen reader speaks. Stories are compared as trees: paragraph by paragraph, row by row,
cell by cell, and word by word in each.
"""

import re
import time
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from diff_match_patch import diff_match_patch
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from articles.richtext.html import FIGURE_TAG, Figure, sanitize
from articles.richtext.render import render_changes

# A longer search is given up, and what is left stands as replaced: still true, only less fine.
SECONDS = 0.6
# Pairs of blocks whose likeness is measured; with more, blocks are paired in their order.
MOST_PAIRS = 2_500
ALIKE = 0.25  # share of common words from which on one paragraph counts as the other, changed

INLINE = {"strong", "em", "a"}
# What is one of a row or a list is compared with what stood at its place, alike or not.
PLACED = {"", "blockquote", "table", "thead", "tbody", "tr", "td", "th", "ul", "ol", "li"}

PIECE = re.compile(r"<(/?)([a-z][a-z0-9]*)([^>]*)>|[^<]+")
TOKEN = re.compile(r"&#?\w+;|\w+|\s+|[^\w\s]")

SAME, GONE, NEW = 0, -1, 1


class Token(NamedTuple):
    """A word, a space or a sign, escaped, and the inline tags about it: `("<strong>",)`."""

    text: str
    marks: tuple[str, ...] = ()


@dataclass(slots=True)
class Block:
    """A node of a story: an element with its children or, without a tag, a run of words."""

    tag: str = ""
    attributes: str = ""
    children: list["Block"] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    key: int = 0  # equal for equal content

    def close(self) -> None:
        # Spaces between elements are no content.
        self.children = [c for c in self.children if c.tag or not _is_blank(c.tokens)]
        for child in self.children:
            if not child.tag:
                child.key = hash(tuple(child.tokens))
        self.key = hash((self.tag, self.attributes, *(child.key for child in self.children)))

    def words(self) -> set[str]:
        found = {token.text for token in self.tokens if token.text[0].isalnum()}
        return found.union(*(child.words() for child in self.children))


class Search(diff_match_patch):
    """The library's search, within a time; without its shortcut, which takes longer at worst."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.until = time.monotonic() + seconds

    def diff_halfMatch(self, text1, text2):  # noqa: N802 - the library's name
        return None

    def runs(self, old: Sequence[Hashable], new: Sequence[Hashable]) -> Iterator[tuple]:
        """Yield (SAME, GONE or NEW, start, end): places in `old`, for what is NEW in `new`."""
        # The library compares characters: each distinct item becomes one.
        letters: dict[Hashable, str] = {}
        texts = [
            "".join(letters.setdefault(item, chr(len(letters) + 1)) for item in items)
            for items in (old, new)
        ]
        left = self.until - time.monotonic()
        if left <= 0:
            found = [(GONE, texts[0]), (NEW, texts[1])] if texts[0] != texts[1] else []
            found = found or [(SAME, texts[0])]
        else:
            self.Diff_Timeout = left
            found = self.diff_main(*texts, False)  # noqa: FBT003 - the library's
        at = {GONE: 0, NEW: 0}
        for kind, text in found:
            if text:
                side = NEW if kind == NEW else GONE
                start = at[side]
                at[side] += len(text)
                if kind == SAME:
                    at[NEW] += len(text)
                yield kind, start, at[side]


def changed_text(old: str, new: str) -> SafeString:
    """Return two plain texts as one, with what changed marked."""
    search = Search(SECONDS)
    tokens = [[Token(text) for text in TOKEN.findall(escape(text))] for text in (old, new)]
    return _spoken(_words(search, *tokens))


def changed_story(old: str, new: str) -> SafeString:
    """Return two stories (HTML of any origin) as one, with what changed marked."""
    search = Search(SECONDS)
    before, after = (_parse(source) for source in _in_words(sanitize(old), sanitize(new)))
    return _spoken(render_changes("".join(_children(search, before, after))))


def _in_words(*stories: str) -> list[str]:
    """Return stories with their figures in words; the same picture has the same letter in all."""
    letters: dict[str, str] = {}

    def words(tag: re.Match[str]) -> str:
        figure = Figure.of(tag[1])
        letter = letters.setdefault(figure.picture, chr(ord("A") + len(letters) % 26))
        told = [figure.alt or gettext("a decorative picture"), figure.caption]
        named = gettext("Picture %(letter)s:") % {"letter": letter}
        return f"<p>{escape(' '.join([named, *filter(None, told)]))}</p>"

    return [FIGURE_TAG.sub(words, story) for story in stories]


def changed_list(old: Iterable[str], new: Iterable[str]) -> SafeString:
    """Return the items of two lists as one, the new list's order first, what went at the end."""
    old, new = list(old), list(new)
    items = [escape(item) if item in old else f"<ins>{escape(item)}</ins>" for item in new]
    items += [f"<del>{escape(item)}</del>" for item in old if item not in new]
    return _spoken("<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>")


def replaced(old: str, new: str) -> SafeString:
    """Return one piece of safe HTML that went and one that came; either may be empty."""
    old, new = conditional_escape(old), conditional_escape(new)
    return _spoken((f"<del>{old}</del> " if old else "") + (f"<ins>{new}</ins>" if new else ""))


def _spoken(html: str) -> SafeString:
    """Say in words, for those who cannot see the marks, where a change begins and ends."""
    for tag, begins in (("del", gettext("removed:")), ("ins", gettext("added:"))):
        said = f'<span class="visually-hidden">[{escape(begins)} </span>'
        html = html.replace(f"<{tag}>", f"<{tag}>{said}")
        html = html.replace(f"</{tag}>", f'<span class="visually-hidden">]</span></{tag}>')
    return mark_safe(html)  # noqa: S308 - escaped or sanitised by whoever calls


def _parse(sanitised: str) -> Block:
    root = Block()
    path = [root]
    marks: list[str] = []
    for piece in PIECE.finditer(sanitised):
        end, name, attributes = piece[1], piece[2], piece[3]
        if name is None or name == "br":
            found = [piece[0]] if name else TOKEN.findall(piece[0])
            _run(path[-1]).extend(Token(text, tuple(marks)) for text in found)
        elif name in INLINE:
            if end:
                marks.pop()
            else:
                marks.append(piece[0])
        elif end:
            path.pop().close()
        else:
            path.append(Block(name, attributes))
            path[-2].children.append(path[-1])
    root.close()
    return root


def _run(parent: Block) -> list[Token]:
    if not parent.children or parent.children[-1].tag:
        parent.children.append(Block())
    return parent.children[-1].tokens


def _is_blank(tokens: Iterable[Token]) -> bool:
    return all(token.text.isspace() for token in tokens)


def _children(search: Search, old: Block, new: Block) -> Iterator[str]:
    gone: list[Block] = []
    came: list[Block] = []
    keys = [[child.key for child in block.children] for block in (old, new)]
    for kind, start, end in search.runs(*keys):
        if kind == GONE:
            gone += old.children[start:end]
        elif kind == NEW:
            came += new.children[start:end]
        else:
            yield from _gap(search, gone, came)
            gone, came = [], []
            yield from (_whole(child) for child in old.children[start:end])
    yield from _gap(search, gone, came)


def _gap(search: Search, gone: list[Block], came: list[Block]) -> Iterator[str]:
    """Yield blocks that went and blocks that came between two that stayed."""
    left, right = 0, 0
    for one, other in [*_pairs(gone, came), (len(gone), len(came))]:
        yield from (_whole(block, "del") for block in gone[left:one])
        yield from (_whole(block, "ins") for block in came[right:other])
        if one < len(gone):
            yield _changed(search, gone[one], came[other])
        left, right = one + 1, other + 1


def _pairs(gone: list[Block], came: list[Block]) -> list[tuple[int, int]]:
    """Return which of the blocks are the same one, changed, by their places, in order."""
    same_tags = [block.tag for block in gone] == [block.tag for block in came]
    if same_tags and (
        {block.tag for block in gone} <= PLACED or len(gone) * len(came) > MOST_PAIRS
    ):
        return list(zip(range(len(gone)), range(len(came)), strict=True))
    if len(gone) * len(came) > MOST_PAIRS:
        return []
    words = [[block.words() for block in blocks] for blocks in (gone, came)]
    # The best total likeness of pairs in order, as for the longest common subsequence.
    best = [[0.0] * (len(came) + 1) for _row in range(len(gone) + 1)]
    alike = [
        [
            _likeness(words[0][i], words[1][j]) if gone[i].tag == came[j].tag else 0.0
            for j in range(len(came))
        ]
        for i in range(len(gone))
    ]
    for i in reversed(range(len(gone))):
        for j in reversed(range(len(came))):
            pair = best[i + 1][j + 1] + alike[i][j] if alike[i][j] >= ALIKE else 0.0
            best[i][j] = max(pair, best[i + 1][j], best[i][j + 1])
    found, i, j = [], 0, 0
    while i < len(gone) and j < len(came):
        if alike[i][j] >= ALIKE and best[i][j] == best[i + 1][j + 1] + alike[i][j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return found


def _likeness(one: set[str], other: set[str]) -> float:
    return 2 * len(one & other) / ((len(one) + len(other)) or 1)


def _changed(search: Search, old: Block, new: Block) -> str:
    if not new.tag:
        return _words(search, old.tokens, new.tokens)
    inner = "".join(_children(search, old, new))
    return f"<{new.tag}{new.attributes}>{inner}</{new.tag}>"


def _whole(block: Block, mark: str = "") -> str:
    if not block.tag:
        return _marked(block.tokens, mark)
    inner = "".join(_whole(child, mark) for child in block.children)
    return f"<{block.tag}{block.attributes}>{inner}</{block.tag}>"


def _words(search: Search, old: list[Token], new: list[Token]) -> str:
    parts: list[str] = []
    gone: list[Token] = []
    came: list[Token] = []
    for kind, start, end in _without_crumbs(list(search.runs(old, new)), old):
        if kind == GONE:
            gone += old[start:end]
        elif kind == NEW:
            came += new[start:end]
        elif kind is None:  # a crumb: the same in both
            gone += old[start:end]
            came += old[start:end]
        else:
            parts += _marked(gone, "del"), _marked(came, "ins"), _marked(old[start:end])
            gone, came = [], []
    return "".join([*parts, _marked(gone, "del"), _marked(came, "ins")])


def _without_crumbs(runs: list[tuple], old: list[Token]) -> Iterator[tuple]:
    """Give what is the same no kind where it is less than a word between two changes.

    "two of three" that became "one in four" reads as one change, not as five.
    """
    for n, (kind, start, end) in enumerate(runs):
        is_between = 0 < n < len(runs) - 1
        is_crumb = kind == SAME and is_between and end - start <= 3
        if is_crumb and not any(token.text[0].isalnum() for token in old[start:end]):
            yield None, start, end
        else:
            yield kind, start, end


def _marked(tokens: list[Token], mark: str = "") -> str:
    if not tokens:
        return ""
    inner = "".join(
        "".join(marks)
        + "".join(token.text for token in run)
        + "".join(f"</{tag[1:-1].partition(' ')[0]}>" for tag in reversed(marks))
        for marks, run in groupby(tokens, key=lambda token: token.marks)
    )
    return f"<{mark}>{inner}</{mark}>" if mark else inner
