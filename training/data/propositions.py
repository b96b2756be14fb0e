"""What a proposition is about, and whether it is for it: "We should ban boxing" is against boxing.

Callers name a matter ("boxing"), while the argument corpora hold whole propositions. Each proposition that matches one
of the patterns below also gives its matter, with the label inverted where the proposition is against it.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from training.data.readers import TopicRow

JOINED = (2, 5)  # arguments of one side joined to one text: comments and articles are longer than one sentence

_FOR = (
    "legali[sz]e|subsidi[sz]e|introduce|adopt|support|encourage|allow|permit|increase|promote|protect|expand|implement|"
    "embrace|use|fund|recogni[sz]e|create|establish|build|maintain|keep|continue|prioriti[sz]e|invest in|believe in|"
    "reinstate"
)
_AGAINST = (
    "ban|abolish|abandon|prohibit|fight|end|close|restrict|limit|reject|remove|stop|cut|oppose|criminali[sz]e|censor|"
    "get rid of|withdraw from|outlaw|eliminate|lift|boycott"
)
_GOOD = (
    "legali[sz]ed|allowed|permitted|compulsory|mandatory|made compulsory|made mandatory|protected|encouraged|supported|"
    "subsidi[sz]ed|adopted|promoted|introduced|increased|free|enacted|reinstated|a right|legal"
)
_BAD = (
    "banned|abolished|abandoned|illegal|made illegal|prohibited|outlawed|restricted|limited|a criminal offen[cs]e|"
    "criminali[sz]ed|punished|censored|scrapped|reduced|cut|ended|stopped"
)
_DOES = "should|must|ought to|needs? to|have to"
_WHERE = "(?: (?:in|on|at|by) .+)?"
_IS = "is|are|was|were"
_FRAMES = tuple(
    (favors, re.compile(frame, re.IGNORECASE))
    for favors, frame in (
        (True, rf"(?:[\w’' ]{{1,40}}? )?(?:{_DOES}) (?:{_FOR}) (?P<matter>.+)"),
        (False, rf"(?:[\w’' ]{{1,40}}? )?(?:{_DOES}) (?:{_AGAINST}) (?P<matter>.+)"),
        (True, rf"(?P<matter>.+?) (?:{_DOES}) be (?:{_GOOD}){_WHERE}"),
        (False, rf"(?P<matter>.+?) (?:{_DOES}) be (?:{_BAD}){_WHERE}"),
        (True, rf"(?P<matter>.+?) (?:{_IS}) (?:justified|a human right|necessary|worth .+|good for .+|beneficial)"),
        (False, rf"(?P<matter>.+?) (?:{_IS}) (?:unjustified|wrong|immoral|harmful|a failed .+|a threat .+|bad for .+)"),
        (False, r"(?P<matter>.+?) (?:does|do) more harm than good"),
        (True, r"(?P<matter>.+?) (?:does|do) more good than harm"),
    )
)
_TURNED = {"favor": "against", "against": "favor", "neutral": "neutral"}
_LONGEST = 6  # words: a longer rest is a proposition of its own
_NO_MATTER = re.compile(r"(?:it|its|we|there|people|children|parents|women|for|to)\b.*", re.IGNORECASE)
_TURNING = re.compile(r"\b(?:not|never|no|nobody|without|cannot|end of|bans?|abolition)\b", re.IGNORECASE)


def matter(proposition: str) -> tuple[str, bool] | None:
    """Return what a proposition is about and whether it is for it, or None if its form does not show it."""
    plain = proposition.strip().rstrip(".!")
    for favors, frame in _FRAMES:
        found = frame.fullmatch(plain)
        if found is None:
            continue
        words = re.sub(r"^(?:the|a|an|any|all) ", "", found["matter"].strip(), flags=re.IGNORECASE).lower()
        rest = plain[: found.start("matter")] + " " + plain[found.end("matter") :]
        turned = _TURNING.search(words) or re.search(r"\b(?:not|never|no)\b", rest)
        if turned or _NO_MATTER.fullmatch(words) or len(words.split()) > _LONGEST:
            return None
        return words, favors
    return None


def with_matters(rows: Sequence[TopicRow]) -> Iterator[TopicRow]:
    """Yield the text of each row whose proposition names its matter, with the matter as its topic."""
    for row in rows:
        found = matter(row.topic)
        if found is not None:
            words, favors = found
            yield TopicRow(text=row.text, topic=words, label=row.label if favors else _TURNED[row.label])


def joined(rows: Sequence[TopicRow], seed: int) -> Iterator[TopicRow]:
    """Yield longer texts: the arguments of one side of one topic, in random groups."""
    chance = random.Random(f"{seed}/joined")  # noqa: S311 - repeatable draws are wanted, not secret ones
    sides: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        if row.label != "neutral":
            sides[(row.topic, row.label)].append(row.text.strip())
    for (topic, label), texts in sorted(sides.items()):
        chance.shuffle(texts)
        while len(texts) >= JOINED[0]:
            taken = [texts.pop() for _ in range(min(len(texts), chance.randint(*JOINED)))]
            yield TopicRow(text=" ".join(_closed(text) for text in taken), topic=topic, label=label)


def _closed(text: str) -> str:
    return text if text[-1:] in ".!?" else f"{text}."
