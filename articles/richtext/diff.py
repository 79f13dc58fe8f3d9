"""The difference between two texts, stories or lists, word by word, as HTML.

`<del>` marks what was removed and `<ins>` what was added; words for screen readers alone say the
same. Stories are compared as trees: paragraph by paragraph, row by row, cell by cell, and word by
word within each.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from difflib import Match, SequenceMatcher
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple, TypeVar

from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from articles.richtext.html import IMAGE_TAG, TAG, EmbeddedImage, sanitize
from articles.richtext.render import render_changes

T = TypeVar("T", "Token", "Block")

# For all searches of one comparison together: a second or two. The longest story that can be stored
# takes a fifth of them with a change in each paragraph. What is left then counts as replaced.
MAX_STEPS = 2_000_000
PAIR_STEPS = 10  # to measure how similar two blocks are, by the words of their beginnings
BEGINNING = 2_000  # characters
MIN_SIMILARITY = 0.25  # share of common words from which a paragraph counts as another, changed

INLINE = {"strong", "em", "a"}
# Rows, cells and items are compared with those in the same place, however different.
POSITIONAL = {"", "blockquote", "table", "thead", "tbody", "tr", "td", "th", "ul", "ol", "li"}

PIECE = re.compile(r"<(/?)([a-z][a-z0-9]*)([^>]*)>|[^<]+")
# `\w` leaves out vowel signs, and the joiners that stand within words of Persian or Hindi.
_SIGNS = "".join(c for c in map(chr, range(0x300, 0x3100)) if unicodedata.category(c)[0] == "M")
WORD = re.compile(rf"[\w{_SIGNS}\u200c\u200d]+")
TOKEN = re.compile(rf"(&#?\w+;|{WORD.pattern}|\S?)(\s*)")


class Token(NamedTuple):
    """A word or a sign, escaped; the inline tags around it (`("<strong>",)`); the space after it.

    A change of spaces alone is no change.
    """

    text: str
    marks: tuple[str, ...] = ()
    space: str = ""


def tokens_of(text: str, marks: tuple[str, ...] = ()) -> list[Token]:
    return [Token(word, marks, space) for word, space in TOKEN.findall(text) if word or space]


@dataclass(slots=True)
class Block:
    """An element of a story with its children or, without a tag, a run of words."""

    tag: str = ""
    attributes: str = ""
    children: list["Block"] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    html: str = ""

    def close(self) -> None:
        """Set `html`, of the runs too, and drop the whitespace between elements."""
        for child in self.children:
            if not child.tag:
                child.html = _marked(child.tokens)
        self.children = [c for c in self.children if c.tag or not c.html.isspace()]
        self.html = self.wrap("".join(child.html for child in self.children))

    def wrap(self, inner: str) -> str:
        return f"<{self.tag}{self.attributes}>{inner}</{self.tag}>" if self.tag else inner

    def marked(self, mark: str) -> str:
        """Return the block with its words wrapped in "del" or "ins"."""
        inner = "".join(child.marked(mark) for child in self.children)
        return self.wrap(_marked(self.tokens, mark) + inner)


class Search(SequenceMatcher):
    """A search for what two sequences have in common, within `MAX_STEPS` for all it is given."""

    steps = MAX_STEPS
    a: list[Any]
    b2j: dict[Any, list[int]]  # the places of each item in the second one

    def find_longest_match(self, alo=0, ahi=None, blo=0, bhi=None) -> Match:
        # As many as the library's loops are about to take.
        self.steps -= sum(1 + len(self.b2j.get(item, ())) for item in self.a[alo:ahi])
        return super().find_longest_match(alo, ahi, blo, bhi) if self.steps > 0 else Match(0, 0, 0)

    def runs(
        self, old: list[T], new: list[T], key: Callable[[T], Any]
    ) -> list[tuple[bool, list[T], list[T]]]:
        """Return the runs of both in order: whether they are equal, the old one, the new one."""
        self.set_seqs([*map(key, old)], [*map(key, new)])
        return [(tag == "equal", old[i:j], new[k:n]) for tag, i, j, k, n in self.get_opcodes()]


def diff_text(old: str, new: str) -> SafeString:
    """Return the difference between two plain texts."""
    return _with_spoken_marks(_diff_tokens(Search(), *map(tokens_of, (escape(old), escape(new)))))


def diff_story(old: str, new: str) -> SafeString:
    """Return the difference between two stories (HTML of any origin)."""
    before, after = (_parse(source) for source in _pictures_in_words(sanitize(old), sanitize(new)))
    return _with_spoken_marks(render_changes(_diff_blocks(Search(), before, after)))


def diff_list(old: Iterable[str], new: Iterable[str]) -> SafeString:
    """Return the items of two plain lists as one: the new list in its order, then what went."""
    old, new = list(old), list(new)
    items = [escape(item) if item in old else f"<ins>{escape(item)}</ins>" for item in new]
    items += [f"<del>{escape(item)}</del>" for item in old if item not in new]
    return _with_spoken_marks("<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>")


def replacement(old: str, new: str) -> SafeString:
    """Return one piece of safe HTML as removed and one as added; either may be empty."""
    old, new = conditional_escape(old), conditional_escape(new)
    removed, added = f"<del>{old}</del> " if old else "", f"<ins>{new}</ins>" if new else ""
    return _with_spoken_marks(removed + added)


def _with_spoken_marks(html: str) -> SafeString:
    """Say where a change begins and ends, for those who cannot see the marks."""
    for tag, begins in (("del", gettext("removed:")), ("ins", gettext("added:"))):
        start = f'<span class="visually-hidden">[{escape(begins)} </span>'
        html = html.replace(f"<{tag}>", f"<{tag}>{start}")
        html = html.replace(f"</{tag}>", f'<span class="visually-hidden">]</span></{tag}>')
    return mark_safe(html)  # noqa: S308 - escaped or sanitised by every caller


def _pictures_in_words(*stories: str) -> list[str]:
    """Return stories with their images in words; the same picture has the same letter in all."""
    letters: dict[str, str] = {}

    def words(tag: re.Match[str]) -> str:
        image = EmbeddedImage.of(tag[1])
        letter = letters.setdefault(image.picture, chr(ord("A") + len(letters) % 26))
        name = gettext("Picture %(letter)s:") % {"letter": letter}
        parts = [name, image.alt or gettext("a decorative picture"), image.caption]
        return f"<p>{escape(' '.join(filter(None, parts)))}</p>"

    return [IMAGE_TAG.sub(words, story) for story in stories]


def _parse(sanitised: str) -> Block:
    root = Block()
    path = [root]
    marks: list[str] = []
    for piece in PIECE.finditer(sanitised):
        end, name, attributes = piece.groups()
        if name is None or name == "br":
            siblings = path[-1].children
            if not siblings or siblings[-1].tag:
                siblings.append(Block())
            found = [Token("<br>", tuple(marks))] if name else tokens_of(piece[0], tuple(marks))
            siblings[-1].tokens += found
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


def _diff_blocks(search: Search, old: Block, new: Block) -> str:
    """Return the difference between two blocks with the same tag."""
    parts = [_diff_tokens(search, old.tokens, new.tokens)]
    for is_same, removed, added in search.runs(old.children, new.children, attrgetter("html")):
        if is_same:
            parts += (block.html for block in removed)
            continue
        left = right = 0
        for i, j in [*_pairs(search, removed, added), (len(removed), len(added))]:
            parts += (block.marked("del") for block in removed[left:i])
            parts += (block.marked("ins") for block in added[right:j])
            if i < len(removed):
                parts.append(_diff_blocks(search, removed[i], added[j]))
            left, right = i + 1, j + 1
    return new.wrap("".join(parts))


def _pairs(search: Search, removed: list[Block], added: list[Block]) -> list[tuple[int, int]]:
    """Return the places of blocks that are the same one, changed, in order."""
    steps = len(removed) * len(added) * PAIR_STEPS
    has_same_tags = [block.tag for block in removed] == [block.tag for block in added]
    if has_same_tags and ({block.tag for block in removed} <= POSITIONAL or steps > search.steps):
        return [(i, i) for i in range(len(removed))]
    if steps > search.steps:
        return []
    search.steps -= steps
    old, new = ([_words(block) for block in blocks] for blocks in (removed, added))
    # As for the longest common subsequence: the best total similarity of pairs from here on, with
    # the first of these pairs and a link to the others.
    best: list[tuple[float, Any]] = [(0.0, None)] * (len(added) + 1)
    for i in reversed(range(len(removed))):
        below, best = best, [(0.0, None)] * (len(added) + 1)
        for j in reversed(range(len(added))):
            best[j] = max(below[j], best[j + 1], key=itemgetter(0))
            similarity = 2 * len(old[i] & new[j]) / ((len(old[i]) + len(new[j])) or 1)
            if removed[i].tag == added[j].tag and similarity >= MIN_SIMILARITY:
                total, rest = below[j + 1]
                best[j] = max((total + similarity, ((i, j), rest)), best[j], key=itemgetter(0))
    pairs, rest = [], best[0][1]
    while rest:
        pair, rest = rest
        pairs.append(pair)
    return pairs


def _words(block: Block) -> set[str]:
    return set(WORD.findall(TAG.sub(" ", block.html[:BEGINNING])))


def _diff_tokens(search: Search, old: list[Token], new: list[Token]) -> str:
    parts = []
    for is_same, removed, added in search.runs(old, new, itemgetter(0, 1)):
        if is_same:
            parts.append(_marked([max(pair) for pair in zip(removed, added, strict=True)]))
        else:
            parts += _marked(removed, "del"), _marked(added, "ins")
    return "".join(parts)


def _marked(tokens: list[Token], mark: str = "") -> str:
    """Return tokens as HTML, in an element of the name `mark` if there is one."""
    if mark and tokens:
        # The space after the last word stays outside.
        *others, last = tokens
        inner = _marked([*others, Token(last.text, last.marks)])
        return (f"<{mark}>{inner}</{mark}>" if inner else "") + last.space
    return "".join(
        "".join(marks)
        + "".join(token.text + token.space for token in run)
        + "".join(f"</{tag[1:-1].partition(' ')[0]}>" for tag in reversed(marks))
        for marks, run in groupby(tokens, key=attrgetter("marks"))
    )
