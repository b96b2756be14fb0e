"""Articles, and what there is to find in each: written by hand, with the places found by their words."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from service.core.frames import (
    AUTHOR,
    Claim,
    ClaimKind,
    ClaimStance,
    Enrichment,
    Entity,
    EntityType,
    HolderStance,
    Speaker,
    SpeakerKind,
    StanceLabel,
    TopicHolder,
    TopicStance,
)
from service.core.span import Span
from tests.browser.newsroom import Report

SAMPLE = json.loads((Path(__file__).parents[2] / "schemas/examples/article.json").read_text(encoding="utf-8"))
WORDS_OF_A_LONG_ARTICLE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One claim by its words: `words` are its pieces, `source` and `cue` stand in the text near them; `sure` is the
    confidence of its stances.
    """

    by: str | None
    words: Sequence[str]
    source: str | None = None
    cue: str | None = None
    kind: ClaimKind = ClaimKind.DIRECT_QUOTE
    toward: Mapping[str, StanceLabel] = field(default_factory=dict)
    worth: float = 0.5
    confidence: float = 0.9
    sure: float = 0.8


def report(text: str, *, cast: Mapping[str, tuple[SpeakerKind, Sequence[str]]], said: Sequence[Said]) -> Report:
    """Return what `said` finds in the text, with an entity for each of the cast and every mention of it."""
    ids = {name: f"e{number}" for number, name in enumerate(cast, start=1)}
    entities = tuple(
        Entity(
            id=ids[name],
            name=name,
            type=EntityType.ORGANIZATION if kind is SpeakerKind.ORGANIZATION else EntityType.PERSON,
            mentions=tuple(sorted(span for mention in mentions for span in _every(text, mention))),
        )
        for name, (kind, mentions) in cast.items()
    )
    numbers = count(1)
    claims = tuple(_claim(text, f"c{next(numbers)}", claim, ids=ids, cast=cast) for claim in said)
    stances = tuple(
        HolderStance(
            holder=claim.speaker.entity or AUTHOR,
            target=stance.target,
            label=stance.label,
            confidence=stance.confidence,
            claims=(claim.id,),
        )
        for claim in claims
        for stance in claim.stances
    )
    return Report(text=text, found=Enrichment(entities=entities, claims=claims, stances=stances))


def _claim(
    text: str,
    claim_id: str,
    said: Said,
    *,
    ids: Mapping[str, str],
    cast: Mapping[str, tuple[SpeakerKind, Sequence[str]]],
) -> Claim:
    spans = tuple(_only(text, piece) for piece in said.words)
    hull = Span(spans[0].start, spans[-1].end)
    return Claim(
        id=claim_id,
        spans=spans,
        kind=said.kind,
        speaker=Speaker(
            kind=SpeakerKind.AUTHOR if said.by is None else cast[said.by][0],
            name=said.by or AUTHOR,
            entity=None if said.by is None else ids[said.by],
            span=_nearest(text, said.source, hull),
            confidence=0.88,
        ),
        cue=_nearest(text, said.cue, hull),
        check_worthiness=said.worth,
        confidence=said.confidence,
        stances=tuple(
            ClaimStance(target=ids[name], label=label, confidence=said.sure) for name, label in said.toward.items()
        ),
    )


def _every(text: str, words: str) -> list[Span]:
    found, start = [], text.find(words)
    while start >= 0:
        found.append(Span(start, start + len(words)))
        start = text.find(words, start + len(words))
    return found


def _only(text: str, words: str) -> Span:
    (span,) = _every(text, words)
    return span


def _nearest(text: str, words: str | None, hull: Span) -> Span | None:
    if words is None:
        return None
    return min(_every(text, words), key=lambda span: min(abs(span.start - hull.end), abs(hull.start - span.end)))


_PERSON, _BODY = SpeakerKind.PERSON, SpeakerKind.ORGANIZATION
_FAVOR, _AGAINST, _NEUTRAL = StanceLabel.FAVOR, StanceLabel.AGAINST, StanceLabel.NEUTRAL

DAM = report(
    SAMPLE["body"],
    cast={
        "Tomas Hallek": (_PERSON, ["Tomas Hallek", "Hallek dismissed"]),
        "Irena Dvoran": (_PERSON, ["Irena Dvoran", "Dvoran told"]),
        "Orsania": (_BODY, ["Orsania"]),
        "Keltia": (_BODY, ["Keltia "]),
        "Basin Watch Network": (_BODY, ["Basin Watch Network", "the network", "the group"]),
        "Lena Okafor": (_PERSON, ["Lena Okafor"]),
    },
    said=[
        Said(
            by="Tomas Hallek",
            words=[SAMPLE["body"].split("“")[1].split("”")[0]],
            source="Tomas Hallek",
            cue="told",
            toward={"Keltia": _AGAINST},
            worth=0.3,
            confidence=0.97,
        ),
        Said(
            by="Tomas Hallek",
            words=["the reservoir would hold no more than eleven percent of the Veldra's yearly flow"],
            cue="added",
            kind=ClaimKind.INDIRECT_QUOTE,
            worth=0.9,
            confidence=0.91,
        ),
        Said(
            by="Irena Dvoran",
            words=["a slap in the face of two million farmers"],
            source="Irena Dvoran",
            cue="called",
            kind=ClaimKind.MIXED_QUOTE,
            toward={"Orsania": _AGAINST},
            worth=0.4,
            confidence=0.83,
        ),
        Said(
            by="Irena Dvoran",
            words=[
                "No government has the right to turn off its neighbour's tap,",
                "Keltia will take this case to the river tribunal before the end of the month.",
            ],
            cue="told",
            toward={"Orsania": _AGAINST, "Keltia": _FAVOR},
            worth=0.6,
            confidence=0.95,
        ),
        Said(
            by="Lena Okafor",
            words=["the low water had more to do with a winter without snow than with the dam"],
            source="Lena Okafor",
            cue="said",
            kind=ClaimKind.INDIRECT_QUOTE,
            toward={"Orsania": _NEUTRAL},
            worth=0.8,
            confidence=0.62,
        ),
        Said(
            by="Basin Watch Network",
            words=["the filling had taken 340 million cubic metres out of the river in ten weeks"],
            source="the group",
            cue="found",
            kind=ClaimKind.INDIRECT_QUOTE,
            toward={"Orsania": _AGAINST},
            worth=0.96,
            confidence=0.9,
        ),
        Said(
            by=None,
            words=["The dam, which Orsania began to build in 2019, is due to supply electricity to 800,000 homes."],
            kind=ClaimKind.AUTHOR_STATEMENT,
            worth=0.7,
            confidence=0.45,
        ),
    ],
)
DAM = Report(
    text=DAM.text,
    found=Enrichment(
        entities=DAM.found.entities,
        claims=DAM.found.claims,
        stances=DAM.found.stances,
        topics=(
            TopicStance(
                topic=SAMPLE["topics"][0],
                label=_NEUTRAL,
                confidence=0.6,
                holders=(
                    TopicHolder(holder="e1", label=_FAVOR, confidence=0.9, claims=("c1",)),
                    TopicHolder(holder="e2", label=_AGAINST, confidence=0.8, claims=("c3", "c4")),
                ),
            ),
        ),
    ),
)

# Each offset here is off by one or more where code points are taken for UTF-16 units: 🌊 is one code point and two
# units, 👩‍🔬 three and five, 🏴󠁧󠁢󠁷󠁬󠁳󠁿 seven and fourteen; and the two right-to-left paragraphs put claims behind all of them.
TIDE = report(
    "🌊🌊 “The sea took 👩‍🔬 nobody 🏴󠁧󠁢󠁷󠁬󠁳󠁿 by surprise 🌊,” said Ann Tide.\n\n"
    "«הסכר 🌊 הוא טעות», אמר דוד לוי.\n\n"
    "قالت ليلى حداد إن «الماء 💧 حق للجميع» في بيروت.\n\n"
    "\U0001d517he end, 🌊 Bo Ebb said.",
    cast={
        "Ann Tide": (_PERSON, ["Ann Tide"]),
        "דוד לוי": (_PERSON, ["דוד לוי"]),
        "ليلى حداد": (_PERSON, ["ليلى حداد"]),
        "Bo Ebb": (_PERSON, ["Bo Ebb"]),
    },
    said=[
        Said(by="Ann Tide", words=["The sea took 👩‍🔬 nobody 🏴󠁧󠁢󠁷󠁬󠁳󠁿 by surprise 🌊,"], source="Ann Tide", cue="said"),
        Said(by="דוד לוי", words=["הסכר 🌊 הוא טעות"], source="דוד לוי", cue="אמר"),
        Said(by="ليلى حداد", words=["الماء 💧 حق للجميع"], source="ليلى حداد", cue="قالت"),
        Said(by="Bo Ebb", words=["\U0001d517he end, 🌊"], source="Bo Ebb", cue="said", kind=ClaimKind.INDIRECT_QUOTE),
    ],
)

# A claim in a claim in a claim; one that its cue interrupts; one over two paragraphs; two that cross.
NEST = report(
    "Vale said that Moss had told her that “the bridge is safe” and that nothing was wrong.\n\n"
    "“I was there,” Moss said, “and I saw it fall.\n\n"
    "“It fell in seconds.”\n\n"
    "Fern said one two three four five.",
    cast={
        "Vale": (_PERSON, ["Vale"]),
        "Moss": (_PERSON, ["Moss"]),
        "Bridge Trust": (_BODY, ["the bridge"]),
        "Fern": (_PERSON, ["Fern"]),
    },
    said=[
        Said(
            by="Vale",
            words=["Moss had told her that “the bridge is safe” and that nothing was wrong"],
            source="Vale",
            cue="said",
            kind=ClaimKind.INDIRECT_QUOTE,
            confidence=0.95,
        ),
        Said(
            by="Moss",
            words=["“the bridge is safe” and that nothing was wrong"],
            source="Moss",
            cue="told",
            kind=ClaimKind.MIXED_QUOTE,
            confidence=0.7,
        ),
        Said(
            by="Moss",
            words=["the bridge is safe"],
            source="Moss",
            cue="told",
            toward={"Bridge Trust": _FAVOR},
            confidence=0.5,
        ),
        Said(
            by="Moss", words=["I was there,", "and I saw it fall.\n\n“It fell in seconds."], source="Moss", cue="said"
        ),
        Said(by="Fern", words=["one two three"], source="Fern", cue="said", kind=ClaimKind.INDIRECT_QUOTE),
        Said(by="Fern", words=["three four five"], source="Fern", cue="said", kind=ClaimKind.INDIRECT_QUOTE),
    ],
)

# Toward one target a hint alone, toward the other a hint and a stance that is sure.
HINTS = report(
    "“The mill is loud,” Rush said. “Grist runs it as it likes,” she said. “Grist must sell it,” Rush said.",
    cast={"Rush": (_PERSON, ["Rush"]), "Grist": (_PERSON, ["Grist"]), "the mill": (_BODY, ["The mill"])},
    said=[
        Said(by="Rush", words=["The mill is loud,"], cue="said", toward={"the mill": _AGAINST}, sure=0.35),
        Said(by="Rush", words=["Grist runs it as it likes,"], cue="said", toward={"Grist": _AGAINST}, sure=0.49),
        Said(by="Rush", words=["Grist must sell it,"], cue="said", toward={"Grist": _AGAINST}, sure=0.5),
    ],
)
HINTS = Report(
    text=HINTS.text,
    found=Enrichment(
        entities=HINTS.found.entities,
        claims=HINTS.found.claims,
        stances=HINTS.found.stances,
        topics=(
            TopicStance(
                topic="The mill should close",
                label=_FAVOR,
                confidence=0.4,
                holders=(TopicHolder(holder="e1", label=_FAVOR, confidence=0.3, claims=("c1",)),),
            ),
        ),
    ),
)

# Twelve speakers, more than there are colours for: ten say one thing each, the last two say three.
_CHORUS = ["Ada", "Bram", "Cleo", "Dirk", "Edda", "Finn", "Greta", "Hugo", "Iris", "Jens", "Kira", "Lars"]
_SOLOS = [*_CHORUS, "Kira", "Lars", "Kira", "Lars"]
CHORUS = report(
    "\n\n".join(f"“Verse {number} is {name}'s own,” said {name}." for number, name in enumerate(_SOLOS, start=1)),
    cast={name: (_PERSON, [f"said {name}"]) for name in _CHORUS},
    said=[
        Said(
            by=name,
            words=[f"Verse {number} is {name}'s own,"],
            source=name,
            cue="said",
            toward={_CHORUS[number % len(_CHORUS)]: (_FAVOR, _AGAINST)[number % 2]},
            worth=number / 100,
            confidence=round(0.95 - number / 100, 2),
        )
        for number, name in enumerate(_SOLOS, start=1)
    ],
)

MARKUP = "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>"
HOSTILE = report(
    f"“{MARKUP} &lt;b&gt;bold&lt;/b&gt; javascript:alert(1)” said <b>Mallory</b>. \u202egnorw\u202c \u200b"
    "<style>body{display:none}</style>",
    cast={"<b>Mallory</b>": (_PERSON, ["<b>Mallory</b>"])},
    said=[
        Said(
            by="<b>Mallory</b>",
            words=[f"{MARKUP} &lt;b&gt;bold&lt;/b&gt; javascript:alert(1)"],
            source="<b>Mallory</b>",
            cue="said",
            toward={"<b>Mallory</b>": _FAVOR},
        ),
    ],
)


def long_article() -> Report:
    """Return an article of 5,000 words in which every other sentence is a claim, by twelve speakers in turn."""
    speakers = [f"Speaker {letter}" for letter in "ABCDEFGHIJKL"]
    filler = "and the water in the valley below the old town rose again by some three metres over the long wet winter"
    sentences, said, words = [], [], 0
    for number in count():
        name = speakers[number % len(speakers)]
        statement = f"number {number} holds that {filler}"
        sentence = f"{name} said that {statement}. Then for a while there was nothing to report from there."
        sentences.append(sentence + ("\n\n" if number % 5 == 4 else " "))
        said.append(
            Said(
                by=name,
                words=[statement],
                source=name,
                cue="said",
                kind=ClaimKind.INDIRECT_QUOTE,
                toward={speakers[(number + 1) % len(speakers)]: (_FAVOR, _AGAINST)[number % 2]},
                worth=number % 10 / 10,
            )
        )
        words += len(sentence.split())
        if words >= WORDS_OF_A_LONG_ARTICLE:
            break
    return report("".join(sentences), cast={name: (_PERSON, [name]) for name in speakers}, said=said)
