"""HTML to main text: what a reader would read, and nothing that is hidden or around it.

Time is bounded by what is let in: markup of bounded size, with a bounded number of tags, of bounded depth.
"""

import re

import lxml.html
from lxml import etree

from service.analysis.text.blocks import blocks
from service.analysis.text.main_text import article_blocks
from service.analysis.text.visible import keep_visible
from service.core.article import Extraction

SIZE = 4_000_000  # code points of markup; the largest news pages have a tenth of it
TAGS = 60_000  # bounds the time of extraction, which grows with the number of elements
DEPTH = 200  # pages nest 20 to 40 deep; a parser's recursion ends at 256
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)")
_VOID = frozenset(  # elements without an end tag, or whose end tag may be left out
    """
    area base br col embed hr img input link meta param source track wbr p li td tr th dt dd option
    """.split()  # noqa: SIM905  # thirty lines otherwise
)
_PAGE = re.compile(r"<(?:html|body|nav|header|footer|aside)\b", re.IGNORECASE)
_PROLOG = re.compile(r"\A\s*<\?xml[^>]*\?>")


class TooComplexError(ValueError):
    """The markup is larger, or nests deeper, than any article."""


def extract(markup: str) -> tuple[str, Extraction]:
    """Return the main text of HTML, paragraphs on lines of their own, and how it was found.

    The text is empty where no reader sees any. A fragment (a feed's or a wire's body) is article text already, so that
    all that is visible of it is taken.

    Raises:
        TooComplexError: the markup passes a limit.
    """
    _check(markup)
    plain = _PROLOG.sub("", markup.replace("\x00", ""), count=1)
    whole = Extraction(method="fragment", share=1.0)
    try:
        tree = lxml.html.document_fromstring(plain)
    except etree.ParserError:  # nothing but comments or white space
        return "", whole
    keep_visible(tree)
    found, how = list(blocks(tree)), whole
    if found and _PAGE.search(plain):
        found, how = article_blocks(tree, found)
    return "".join(("\n\n" if block.apart else "\n") + block.text for block in found).strip("\n"), how


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
