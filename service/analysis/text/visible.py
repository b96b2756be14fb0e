"""A tree of HTML to the tree that a reader sees: no scripts, nothing hidden, no text that was struck out.

What a page hides is dropped, except where it hides most of its text: a page behind an open dialog, or one that fades
its paragraphs in as they are scrolled to, is read all the same.
"""

import re
from collections import Counter, defaultdict
from typing import Any

from lxml import etree

# Elements whose text no reader sees as text, or that hold no prose (controls, embedded content).
_NO_TEXT = frozenset(
    """
    audio base button canvas datalist embed head iframe input link meta meter noembed noframes noscript object optgroup
    option param progress rp rt script select source style svg math template textarea title track video
    """.split()  # noqa: SIM905  # twenty lines otherwise
)
_STRUCK = frozenset({"del", "s", "strike"})
_NOTE_MARK = re.compile(r"\s*[\[(]?(?:\d{1,3}|[a-z*†‡])[\])]?\s*")
_RUNNING_WORDS = 20  # fewer are a note, not the text of a page
_STYLES = {
    "display": re.compile(r"display\s*:\s*none", re.IGNORECASE),
    "visibility": re.compile(r"visibility\s*:\s*(?:hidden|collapse)", re.IGNORECASE),
    "font-size": re.compile(r"font-size\s*:\s*0(?![.\d])", re.IGNORECASE),
    "opacity": re.compile(r"opacity\s*:\s*0(?:\.0+)?(?![.\d])", re.IGNORECASE),
    "colour": re.compile(r"(?<![\w-])color\s*:\s*transparent", re.IGNORECASE),
    "off-screen": re.compile(r"(?:left|top|text-indent)\s*:\s*-\d{4,}|clip\s*:\s*rect\(\s*[01]", re.IGNORECASE),
}
_RESET = {  # properties that a descendant may set back
    "visibility": re.compile(r"visibility\s*:\s*visible", re.IGNORECASE),
    "font-size": re.compile(r"font-size\s*:\s*(?:0?\.\d*[1-9]|[1-9]|[a-z])", re.IGNORECASE),
}
_FOR_SCREEN_READERS = re.compile(
    r"(?<![\w-])(?:sr-only|visually-?hidden|screen-reader-(?:text|only)|a11y-hidden|element-invisible)(?![\w-])",
    re.IGNORECASE,
)


def keep_visible(tree: Any) -> None:
    """Take out of a parsed page what no reader sees, in place. Takes time linear in the number of elements."""
    for element in list(tree.iter(etree.Element)):
        if element.tag in _NO_TEXT or element.tag in _STRUCK or _is_note_mark(element):
            remove(element)
    words = word_counts(tree)
    by_reason: dict[str, list[Any]] = defaultdict(list)
    hidden_words: Counter[str] = Counter()
    for reason, element in _hidden(tree, words):
        by_reason[reason].append(element)
        hidden_words[reason] += words[element]
    for reason, elements in by_reason.items():
        if not is_most(hidden_words[reason], words[tree]):
            for element in elements:
                remove(element)


def is_most(some: int, whole: int) -> bool:
    """Return whether so many words of a page are its text, whatever the markup says of them."""
    return some >= _RUNNING_WORDS and 2 * some > whole


def word_counts(tree: Any) -> dict[Any, int]:
    """Return how many words stand in each element, those of its descendants with them."""
    words: dict[Any, int] = defaultdict(int)
    for element in reversed(list(tree.iter(etree.Element))):
        words[element] += len((element.text or "").split())
        for child in element:
            words[element] += len((child.tail or "").split())
        parent = element.getparent()
        if parent is not None:
            words[parent] += words[element]
    return words


def remove(element: Any) -> None:
    """Take an element out of its tree, and leave what follows it."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        before = element.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)


def _hidden(tree: Any, words: dict[Any, int]) -> list[tuple[str, Any]]:
    """Return the outermost hidden elements with the reason, but for one that holds most of the page's text."""
    found: list[tuple[str, Any]] = []
    pending = [tree]
    while pending:
        element = pending.pop()
        reason = _reason(element)
        if reason is not None and element is not tree and not is_most(words[element], words[tree]):
            found.append((reason, element))
        else:
            pending.extend(element.iterchildren(etree.Element))
    return found


def _reason(element: Any) -> str | None:
    """Return how an element is hidden, by the name of the attribute, property or kind; None where it is not."""
    if element.get("hidden") not in {None, "until-found"}:
        return "hidden"
    if element.get("aria-hidden", "").strip().lower() == "true":
        return "aria-hidden"
    if element.tag == "dialog" and element.get("open") is None:
        return "dialog"
    if _FOR_SCREEN_READERS.search(element.get("class", "")):
        return "screen-reader"
    style = element.get("style", "")
    return next(
        (name for name, hides in _STYLES.items() if style and hides.search(style) and not _reset(name, element)), None
    )


def _reset(name: str, element: Any) -> bool:
    reset = _RESET.get(name)
    return reset is not None and any(
        reset.search(inner.get("style", "")) for inner in element.iterdescendants(etree.Element)
    )


def _is_note_mark(element: Any) -> bool:
    """Return whether an element is the raised number of a footnote."""
    return (
        element.tag == "sup"
        and _NOTE_MARK.fullmatch("".join(element.itertext())) is not None
        and (element.find(".//a[@href]") is not None or "noteref" in element.get("class", ""))
    )
