"""Which blocks of a page are its article.

Trafilatura (Apache-2.0; Barbaresi, ACL 2021) names the blocks; what it leaves out of the article's own text is put
back. It drops whole containers where an article has several of one class, lists and tables outside `article`, and
paragraphs that are one link. So what it returns is compared with the running text of the page, and the text of the
event always comes from the page's own blocks, never from trafilatura's rendering of them.
"""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from lxml import etree

from service.analysis.text.blocks import Block
from service.analysis.text.furniture import is_furniture
from service.analysis.text.visible import is_most, word_counts
from service.core.article import Extraction
from service.core.quotation_marks import CLOSING

ENOUGH = 0.5  # of the running text; less shows that another part of the page was taken for the article
_SENTENCE_END = re.compile(rf"[.!?:…][{CLOSING})\]]*\Z")
_RUNNING_WORDS = 5  # in a block; fewer are a label
_MATCH = 0.6  # of a block's trigrams, from which it stands in a text
_GRAM = 3
_LINE = 400  # of a block, that is looked at for a notice or a credit
_LINKED = 0.5  # of a block's words, from which it is a link
_FURNITURE_TAGS = frozenset({"nav", "footer", "aside", "dialog", "menu", "search"})
_FURNITURE_ROLES = frozenset(
    {"navigation", "banner", "contentinfo", "complementary", "search", "dialog", "alertdialog", "menu", "toolbar"}
)
# Words in the class or id of what stands around an article; and of what is never part of one, whoever takes it for it.
_FURNITURE_NAMES = frozenset(
    """
    ad ads adslot advert advertisement banner breadcrumb breadcrumbs byline comment commentlist comments consent
    cookie cookies credit disqus footer gdpr livefyre masthead menu mostpopular mostread nav navbar navigation
    newsletter outbrain popular promo recirc recirculation recommendations recommended related share sharing sidebar
    signup social sponsor sponsored subscribe taboola timestamp toolbar trending
    """.split()  # noqa: SIM905  # fifty lines otherwise
)
_NEVER_NAMES = frozenset(
    "ad ads advert advertisement consent cookie cookies gdpr newsletter share sharing signup subscribe".split()  # noqa: SIM905
)
_NAME = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_WORD = re.compile(r"\w+")
# Elements that hold a paragraph or parts of one; what is around them is a container of paragraphs.
_INNER = frozenset(
    """
    p li ul ol dl dt dd td th tr tbody thead tfoot table caption h1 h2 h3 h4 h5 h6 hgroup blockquote pre figure
    figcaption header details summary address center font span a b i em strong br
    """.split()  # noqa: SIM905  # thirty lines otherwise
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_IN_QUOTATION = frozenset({"blockquote", "figure"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """The blocks of a page, which of them are furniture, and which are running text (sentences of the rest)."""

    blocks: Sequence[Block]
    furniture: AbstractSet[Block]
    never: AbstractSet[Block]  # of the furniture, what no article holds
    running: AbstractSet[Block]

    def share(self, chosen: AbstractSet[Block]) -> float:
        """Return how much of the running text is among the blocks chosen, by words; 0 where there is none."""
        whole = sum(block.words for block in self.running)
        return sum(block.words for block in self.running & chosen) / whole if whole else 0.0


def article_blocks(tree: Any, blocks: Sequence[Block]) -> tuple[list[Block], Extraction]:
    """Return the article's blocks in order, and how they were found.

    `main-text` is trafilatura's choice as it stands, `widened` the same with what belongs to it. Where that keeps less
    than `ENOUGH` of the running text, `recall` is trafilatura's larger choice, widened; where that does, too, `body` is
    all that is not furniture.

    Args:
        tree: the page, of `visible.keep_visible`. It is left as it is; trafilatura's downloader is never used.
        blocks: its blocks.
    """
    page = _page(tree, blocks)
    chosen = _found(page, _main_text(tree))
    method, kept = "widened", _widened(page, chosen)
    if kept == chosen:
        method = "main-text"
    if page.running and page.share(kept) < ENOUGH:
        method, kept = "recall", _widened(page, _found(page, _main_text(tree, recall=True)))
    if page.share(kept) < ENOUGH:
        method, kept = "body", {block for block in blocks if block not in page.furniture}
        if not page.running:  # an article in what looks like furniture, or none at all
            kept = {block for block in blocks if _is_passage(block)} or kept
    return [block for block in blocks if block in kept], Extraction(method=method, share=page.share(kept))


def _main_text(tree: Any, *, recall: bool = False) -> str:
    from trafilatura import extract as main_text  # noqa: PLC0415 - a sixth of a second that only whole pages should cost

    copy = deepcopy(tree)
    return main_text(copy, include_comments=False, include_tables=recall, favor_recall=recall) or ""


def _page(tree: Any, blocks: Sequence[Block]) -> _Page:
    words = word_counts(tree)
    around: set[Any] = set()
    never: set[Any] = set()
    for element in tree.iter(etree.Element):
        names = _names(element)
        if not (_is_furniture(element) or names & _FURNITURE_NAMES) or is_most(words[element], words[tree]):
            continue
        around.add(element)
        if names & _NEVER_NAMES:
            never.add(element)
    furniture = {block for block in blocks if _is_inside(block, around)}
    return _Page(
        blocks=blocks,
        furniture=furniture,
        never={block for block in furniture if _is_inside(block, never)},
        running={block for block in blocks if block not in furniture and _is_passage(block) and not _is_link(block)},
    )


def _is_inside(block: Block, elements: AbstractSet[Any]) -> bool:
    return block.element in elements or any(around in elements for around in block.element.iterancestors())


def _is_furniture(element: Any) -> bool:
    """Return whether an element says by its tag or role that it stands around an article."""
    if element.get("role", "") in _FURNITURE_ROLES or element.get("aria-modal") == "true":
        return True
    return element.tag in _FURNITURE_TAGS and not any(up.tag in _IN_QUOTATION for up in element.iterancestors())


def _names(element: Any) -> set[str]:
    """Return the words of an element's class and id, and of its tag where that is not HTML's."""
    names = [element.get("class", ""), element.get("id", ""), element.tag if "-" in element.tag else ""]
    return {part.lower() for name in names for part in _NAME.findall(name)}


def _found(page: _Page, text: str) -> set[Block]:
    """Return the blocks that stand in a text; of furniture, only what stands nowhere else."""
    lines = [_words(line) for line in text.split("\n")]
    short = {line for line in lines if len(line) < _GRAM}
    grams = {gram for line in lines for gram in _grams(line)}
    chosen: set[Block] = set()
    for block in page.blocks:
        words = _words(block.text)
        own = _grams(words)
        if sum(gram in grams for gram in own) >= _MATCH * len(own) if own else words in short:
            chosen.add(block)
    texts = {block.text for block in chosen - page.furniture}
    return {block for block in chosen - page.never if block not in page.furniture or block.text not in texts}


def _widened(page: _Page, chosen: set[Block]) -> set[Block]:
    """Return the blocks chosen with what belongs to them: what stands between or beside them or in a like container.

    A like container is of the same element and class as one that holds running text which was chosen.
    """
    kept = chosen & page.running
    if not kept:
        return chosen
    containers = {_container(block) for block in kept}
    kinds = {_kind(container) for container in containers if container.get("class")}
    texts = {block.text for block in chosen if block.words >= _RUNNING_WORDS}
    first, last = _extent(page, kept, containers)
    around = {container.getparent() for container in containers}
    while last + 1 < len(page.blocks) and _carries_on(page, page.blocks[last + 1], around):
        last += 1
        chosen = chosen | {page.blocks[last]}
    headline = next((block for block in reversed(page.blocks[:first]) if block.element.tag in _HEADINGS), None)
    widened = set(chosen)
    for number, block in enumerate(page.blocks):
        if block in chosen or block in page.furniture or block.text in texts or is_furniture(block.text[:_LINE]):
            continue
        container = _container(block)
        beside, like = container in containers, _kind(container) in kinds
        between = first < number < last
        sentence = _reads_as_sentence(block)
        if block.element.tag in _HEADINGS:
            belongs = beside or like or block is headline or block.element.tag == "h1"
        elif _is_link(block):
            belongs = beside and _is_passage(block)
        else:
            belongs = (like and not beside) or (between and beside) or (sentence and (between or beside))
        if belongs:
            widened.add(block)
            texts.add(block.text)
    return widened


def _extent(page: _Page, kept: AbstractSet[Block], containers: AbstractSet[Any]) -> tuple[int, int]:
    """Return the places of the first and the last passage that is kept, or stands beside one that is."""
    places = [
        number
        for number, block in enumerate(page.blocks)
        if block in kept or (block in page.running and _container(block) in containers)
    ]
    return places[0], places[-1]


def _carries_on(page: _Page, block: Block, around: AbstractSet[Any]) -> bool:
    """Return whether a block right behind the article is running text beside what holds the article: a list, mostly."""
    return block in page.running and _container(block) in around and not is_furniture(block.text[:_LINE])


def _container(block: Block) -> Any:
    element = block.element
    while element.tag in _INNER and element.getparent() is not None:
        element = element.getparent()
    return element


def _kind(container: Any) -> tuple[str, str]:
    return container.tag, container.get("class", "")


def _reads_as_sentence(block: Block) -> bool:
    return _SENTENCE_END.search(block.text[-8:]) is not None


def _is_passage(block: Block) -> bool:
    return block.words >= _RUNNING_WORDS and _reads_as_sentence(block)


def _is_link(block: Block) -> bool:
    return block.linked > _LINKED * block.words


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))


def _grams(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [words[at : at + _GRAM] for at in range(len(words) - _GRAM + 1)]
