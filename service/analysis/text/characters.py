"""The text that was sent to the text that is read: invisible characters left out, legacy ones as they are meant.

Soft hyphens, zero-width spaces and bidirectional marks stand inside names; quotation marks of windows-1252 come as C1
controls, letters as ligatures, full-width forms or with their accents apart. No stage should know of it. So the text is
read without all that, and what was found is mapped back to the text that was sent in one place.
"""

import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from service.analysis.english.noun_phrase import CLOSED
from service.core.frames import Claim, Enrichment, Entity
from service.core.span import Span

# Soft hyphen, joiners, zero-width spaces, bidirectional marks, byte order mark, variation selectors, tags.
_INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef"
_SPACES = "\u00a0\u2000-\u200a\u202f\u205f\u3000"
# Ligatures, full-width forms and the letters of mathematics that some write headlines in.
_COMPATIBLE = "\ufb00-\ufb06\uff01-\uff5e\U0001d400-\U0001d7ff"
_C1 = "\u0080-\u0084\u0086-\u009f"
_NEL = "\u0085"  # a line's end; in a text with other characters of windows-1252 in place of controls, an ellipsis
_HYPHENS = "\u2010\u2011"
_APOSTROPHE = "\u02bc"
_ARMENIAN = "\u0559\u055a"  # what old Armenian fonts had where newspapers have quotation marks
_APART = "\\w[\u0300-\u036f]+"  # a letter, and accents that follow it
_LEGACY = re.compile(
    f"[{_INVISIBLE}]+|{_APART}|[{_SPACES}]|[{_COMPATIBLE}]|[{_C1}{_NEL}]|[{_HYPHENS}]|{_APOSTROPHE}|[{_ARMENIAN}]"
)
_UPPER = "".join(filter(str.isupper, map(chr, range(0x41, 0x250))))
_LOWER = "".join(filter(str.islower, map(chr, range(0x61, 0x250))))
_JOINED = re.compile(rf"\b([{_UPPER}{_LOWER}][{_LOWER}]+)([{_UPPER}][{_LOWER}]+)\b")
_WITHIN_SENTENCE = re.compile(r"(?<=[\w,;] )\w+\b(?!-)")
_ENDS = tuple(".!?")
_CLOSERS = " \t\r”\"’')]"
_SHORTEST = 3  # letters of a name that was joined, and of what it was joined to
_ANY_C1 = re.compile(f"[{_C1}]")
_INVISIBLES = re.compile(f"[{_INVISIBLE}]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadText:
    """A text as it is read, and where each of its n characters stands in the text that was sent.

    Attributes:
        text: what is read.
        starts, ends: the place of each character of it in what was sent, end exclusive, in code points; of length n,
            and None where the two texts are the same.
    """

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def sent(self, span: Span) -> Span:
        """Return the span of the text that was sent for one of the text that is read; neither is empty."""
        if self.starts is None or self.ends is None:
            return span
        return Span(self.starts[span.start], self.ends[span.end - 1])

    def sent_enrichment(self, found: Enrichment) -> Enrichment:
        """Return what was found in the text that is read, with positions in the text that was sent."""
        if self.starts is None:
            return found
        return replace(
            found,
            entities=tuple(self._entity(entity) for entity in found.entities),
            claims=tuple(self._claim(claim) for claim in found.claims),
        )

    def _entity(self, entity: Entity) -> Entity:
        return replace(entity, mentions=tuple(self.sent(mention) for mention in entity.mentions))

    def _claim(self, claim: Claim) -> Claim:
        source = claim.speaker.span
        return replace(
            claim,
            spans=tuple(self.sent(span) for span in claim.spans),
            cue=claim.cue and self.sent(claim.cue),
            speaker=replace(claim.speaker, span=source and self.sent(source)),
        )


def as_read(sent: str) -> ReadText:
    """Return the text that is read for one that was sent, which is the same for most. Takes linear time."""
    seams = set(_seams(sent))
    if not seams and _LEGACY.search(sent) is None:
        return ReadText(text=sent)
    is_windows = _ANY_C1.search(sent) is not None
    parts: list[str] = []
    starts, ends = array("I"), array("I")
    at = 0
    places = [(*found.span(), _meant(found.group(), is_windows=is_windows)) for found in _LEGACY.finditer(sent)]
    for start, end, meant in sorted(
        [*places, *((seam, seam, " " if _in_sentence(sent, seam) else "\n") for seam in seams)]
    ):
        starts.extend(range(at, start))
        ends.extend(range(at + 1, start + 1))
        # What is put in between two characters stands for the one before it.
        starts.extend([min(start, end - 1)] * len(meant))
        ends.extend([end] * len(meant))
        parts += (sent[at:start], meant)
        at = end
    starts.extend(range(at, len(sent)))
    ends.extend(range(at + 1, len(sent) + 1))
    return ReadText(text="".join((*parts, sent[at:])), starts=starts, ends=ends)


def _seams(sent: str) -> Iterator[int]:
    """Yield where a name was joined to its neighbour: "John BercowImage", "captionJohn Bercow".

    Case alone does not tell ("YouTube", "McDonald"): what is split off is a name that the text writes as a word of its
    own inside some sentence, and the joined form stands nowhere else.
    """
    joined = list(_JOINED.finditer(sent))
    if not joined:
        return
    forms = Counter(match.group() for match in joined)
    apart = set(_WITHIN_SENTENCE.findall(sent))
    for match in joined:
        name = match[2] if match[1].islower() else match[1]
        if min(map(len, match.groups())) < _SHORTEST or name.casefold() in CLOSED:
            continue
        if forms[match.group()] == 1 and name in apart:
            yield match.start(2)


def _in_sentence(sent: str, seam: int) -> bool:
    """Return whether a line ends as a sentence; what was joined in another were lines (a caption, a credit)."""
    end = sent.find("\n", seam)
    return sent[seam : end if end >= 0 else len(sent)].rstrip(_CLOSERS)[-1:] in _ENDS


def _meant(legacy: str, *, is_windows: bool) -> str:
    first = legacy[0]
    if _INVISIBLES.match(first):
        return ""
    if len(legacy) > 1:
        return unicodedata.normalize("NFC", legacy)
    if "\u0080" <= first <= "\u009f":
        meant = bytes([ord(first)]).decode("cp1252", errors="ignore")
        return meant if meant and (is_windows or first != _NEL) else first
    if first in _ARMENIAN:
        return "“" if first == _ARMENIAN[0] else "”"
    if first == _APOSTROPHE:
        return "’"
    if first in _HYPHENS:
        return "-"
    return " " if first.isspace() else unicodedata.normalize("NFKC", first)
