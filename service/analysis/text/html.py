"""HTML to main text: what a reader would read, and nothing that is hidden or around it.

Extraction is trafilatura's (Apache-2.0; Barbaresi, ACL 2021), on markup alone: its downloader is never used. Time is
bounded by what is let in: markup of bounded size, with a bounded number of tags, of bounded depth.
"""

import re
from typing import Any

import lxml.html
from lxml import etree

SIZE = 4_000_000  # code points of markup; the largest news pages have a tenth of it
TAGS = 60_000  # bounds the time of extraction, which grows with the number of elements
DEPTH = 200  # pages nest 20 to 40 deep; a parser's recursion ends at 256
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)")
_VOID = frozenset(
    {
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "p",
        "li",
        "td",
        "tr",
        "th",
        "dt",
        "dd",
        "option",
    }
)
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|opacity\s*:\s*0(?![.\d])", re.IGNORECASE
)
_NO_TEXT = frozenset(
    {"script", "style", "noscript", "template", "iframe", "object", "svg", "canvas", "head", "button", "select", "form"}
)
_BLOCKS = frozenset(
    {
        "p",
        "div",
        "section",
        "article",
        "main",
        "header",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "li",
        "blockquote",
        "pre",
        "td",
        "th",
        "dt",
        "dd",
        "figcaption",
        "tr",
        "table",
        "ul",
        "ol",
        "body",
        "br",
    }
)
_PAGE = re.compile(r"<(?:html|body|nav|header|footer|aside)\b", re.IGNORECASE)
_PROLOG = re.compile(r"\A\s*<\?xml[^>]*\?>")


class TooComplexError(ValueError):
    """The markup is larger, or nests deeper, than any article."""


def extract(markup: str) -> str:
    """Return the main text of HTML, paragraphs on lines of their own; empty where there is none.

    A whole page goes through trafilatura; a fragment (a feed's or a wire's body) is article text already.

    Raises:
        TooComplexError: the markup passes a limit.
    """
    _check(markup)
    plain = _PROLOG.sub("", markup.replace("\x00", ""), count=1)
    try:
        tree = lxml.html.document_fromstring(plain)
    except etree.ParserError:  # nothing but comments or white space
        return ""
    _drop_hidden(tree)
    whole = _visible(tree)
    if not _PAGE.search(plain):
        return whole
    from trafilatura import extract as main_text  # noqa: PLC0415 - a sixth of a second that only whole pages should cost

    return main_text(tree, include_comments=False, include_tables=False) or whole


def _check(markup: str) -> None:
    if len(markup) > SIZE:
        raise TooComplexError(f"the HTML is longer than {SIZE} code points")
    depth = tags = 0
    for tag in _TAG.finditer(markup):
        tags += 1
        if tags > TAGS:
            raise TooComplexError(f"the HTML has more than {TAGS} tags")
        if tag[2].lower() in _VOID:
            continue
        depth = max(0, depth - 1) if tag[1] else depth + 1
        if depth > DEPTH:
            raise TooComplexError(f"the HTML nests deeper than {DEPTH} elements")


def _drop_hidden(tree: Any) -> None:
    for element in list(tree.iter(etree.Element)):
        hidden = (
            element.tag in _NO_TEXT - {"head", "form"}
            or element.get("hidden") is not None
            or element.get("aria-hidden") == "true"
            or _HIDDEN_STYLE.search(element.get("style", "")) is not None
        )
        parent = element.getparent()
        if not hidden or parent is None:
            continue
        if element.tail:  # what follows a hidden element is not hidden
            before = element.getprevious()
            if before is not None:
                before.tail = (before.tail or "") + element.tail
            else:
                parent.text = (parent.text or "") + element.tail
        parent.remove(element)


def _visible(tree: Any) -> str:
    """Return all visible text, one line a block."""
    parts: list[str] = []
    for event, element in etree.iterwalk(tree, events=("start", "end", "comment")):
        if event == "comment" or not isinstance(element.tag, str) or element.tag in _NO_TEXT:
            if event != "start" and element.tail:
                parts.append(element.tail)
            continue
        block = element.tag in _BLOCKS
        if event == "start":
            parts.append(("\n" if block else "") + (element.text or "").replace("\n", " "))
        else:
            parts.append(("\n" if block else "") + (element.tail or "").replace("\n", " "))
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)
