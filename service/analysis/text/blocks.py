"""The tree that a reader sees to blocks of text: paragraphs, headings, list items, cells, each on a line of its own."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from service.core.quotation_marks import CLOSING, MARKS

# Elements that start a new line: `display: block`, `list-item` or `table-…` in the HTML standard's rendering section
# (15.3), and `br`.
_BLOCKS = frozenset(
    """
    address article aside blockquote body br caption center dd details dialog dir div dl dt fieldset figcaption figure
    footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li listing main menu nav ol p plaintext pre
    search section summary table tbody td tfoot th thead tr ul xmp
    """.split()  # noqa: SIM905  # seventy lines otherwise
)
_PREFORMATTED = frozenset({"pre", "listing", "plaintext", "xmp"})
_BLOCK_STYLE = re.compile(r"display\s*:\s*(?:block|flex|grid|table|list-item)\b", re.IGNORECASE)
_PRE_STYLE = re.compile(r"white-space\s*:\s*(?:pre|break-spaces)", re.IGNORECASE)
_SENTENCE_END = re.compile(rf"[.!?…][{CLOSING})\]]*\s*\Z")
_QUOTES = (("“", "”"), ("‘", "’"))  # of `q`, by depth
_PHRASE_WORDS = 12  # a custom element with more is not inside a sentence


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """A line of text, the element whose line it is, and how many of its words are links.

    `apart` says that a blank line of preformatted text stands before it: such text may be hard-wrapped.
    """

    text: str
    element: Any
    words: int
    linked: int
    apart: bool = False


def blocks(tree: Any) -> Iterator[Block]:
    """Yield the blocks of a tree of `visible.keep_visible`, in order; none is empty."""
    return _Renderer(tree).run()


class _Renderer:
    """One walk over a tree: where a block starts or ends, what was gathered becomes a line of the innermost block."""

    def __init__(self, tree: Any) -> None:
        self._tree = tree
        self._lines = _line_elements(tree)
        self._parts: list[str] = []
        self._linked = 0
        self._apart = False
        self._owners = [tree]
        self._links = self._preformatted = self._quotes = 0

    def run(self) -> Iterator[Block]:
        for event, element in etree.iterwalk(self._tree, events=("start", "end", "comment", "pi")):
            if event not in {"start", "end"}:
                yield from self._add(element.tail)
            elif event == "start":
                yield from self._start(element)
            else:
                yield from self._end(element)
        yield from self._flush()

    def _start(self, element: Any) -> Iterator[Block]:
        if element in self._lines:
            yield from self._flush()
            self._owners.append(element)
        elif _is_custom(element):
            self._part(element)
        self._links += element.tag == "a"
        self._preformatted += _is_preformatted(element)
        if _is_unmarked_quote(element):
            self._parts.append(_QUOTES[self._quotes % 2][0])
            self._quotes += 1
        yield from self._add(element.text)

    def _end(self, element: Any) -> Iterator[Block]:
        if _is_unmarked_quote(element):
            self._quotes -= 1
            self._parts.append(_QUOTES[self._quotes % 2][1])
        self._links -= element.tag == "a"
        self._preformatted -= _is_preformatted(element)
        if element in self._lines:
            yield from self._flush()
            self._apart = False
            self._owners.pop()
        elif _is_custom(element) and (element.tail or "")[:1].isalnum():
            self._parts.append(" ")
        if element is not self._tree:
            yield from self._add(element.tail)

    def _add(self, text: str | None) -> Iterator[Block]:
        lines = (text or "").split("\n") if self._preformatted else [(text or "")]
        for number, line in enumerate(lines):
            if number:
                yield from self._flush()
                self._apart |= number < len(lines) - 1 and not line.strip()
            self._parts.append(line)
            if self._links:
                self._linked += len(line.split())

    def _part(self, element: Any) -> None:
        """Keep the words of a custom element from those before it."""
        before = self._parts[-1][-1:] if self._parts else ""
        if before.isalnum() and (element.text or "")[:1].isalnum():
            self._parts.append(" ")

    def _flush(self) -> Iterator[Block]:
        text = " ".join("".join(self._parts).split())
        if text:
            words = text.count(" ") + 1
            yield Block(text=text, element=self._owners[-1], words=words, linked=self._linked, apart=self._apart)
            self._apart = False
        self._parts.clear()
        self._linked = 0


def _line_elements(tree: Any) -> set[Any]:
    """Return the elements that have lines of their own."""
    found: set[Any] = set()
    around: set[Any] = set()  # what has such an element inside
    for element in reversed(list(tree.iter(etree.Element))):
        is_line = element.tag in _BLOCKS or _BLOCK_STYLE.search(element.get("style", "")) is not None
        if is_line or (_is_custom(element) and (element in around or _is_passage(element))):
            found.add(element)
        if element in found or element in around:
            around.add(element.getparent())
    return found


def _is_passage(element: Any) -> bool:
    text = "".join(element.itertext())
    return _SENTENCE_END.search(text[-8:]) is not None or len(text.split()) > _PHRASE_WORDS


def _is_custom(element: Any) -> bool:
    return "-" in element.tag


def _is_preformatted(element: Any) -> bool:
    return element.tag in _PREFORMATTED or _PRE_STYLE.search(element.get("style", "")) is not None


def _is_unmarked_quote(element: Any) -> bool:
    """Return whether an element is a `q` that brings no marks of its own."""
    return element.tag == "q" and "".join(element.itertext()).strip()[:1] not in MARKS
