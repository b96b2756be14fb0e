"""Whom a description stands for: "the senator", "the ministry", "the film".

Everyone of the fitting kind is a candidate, and so is nobody. What counts is whether the text describes the candidate
so (by title, apposition or predicate), whether the names in the description are among its own ("the Riverton mayor"),
and how much it is in view, as for a pronoun. A party or a state that the text gives to somebody rules out another one.
The weights are a logistic regression on the 436 descriptions of the annotated articles for which somebody is a
candidate, held to a guess made before: in five-fold cross-validation 71% of them are right (70% by the guess), and the
mean log loss is .79 (.91).
"""

import math
from collections.abc import Iterator

from service.analysis.coreference.described_as import STATE_WORDS, canonical, kindred
from service.analysis.coreference.mentions import Mentions
from service.analysis.coreference.pronouns import scored
from service.analysis.english import function_words, role_nouns
from service.analysis.english.noun_phrase import Phrase, is_person_role, singular
from service.analysis.english.words import word_set
from service.analysis.entities.actor import Actor
from service.analysis.entities.names import name_words
from service.core.frames import EntityType
from service.core.span import Span

FEATURES = ("view", "unseen", "exact", "kindred", "shared", "lacking", "names", "others", "rank", "described", "inside")
WEIGHTS: tuple[float, ...] = (0.5, -2.6, 2.35, 1.0, 1.45, -0.8, 0.0, -0.75, -1.5, -0.5, -2.0)
NOBODY = -0.3  # score of the candidate that is nobody named or described before
BARE = -0.25  # the same where the description has no modifiers: then somebody known is meant
_PARTIES = word_set("republican democratic libertarian labour tory")
_RANKS = word_set("vice deputy assistant associate acting")  # part of what an office is
_PLACES = word_set("country nation state city kingdom republic government")  # what a place may be called
_GENERAL = word_set("group organization organisation body")  # any body may be called so
_INSTITUTIONS = word_set(  # of which a text tells whose they are, unless it is plain
    "government administration court parliament ministry military army cabinet senate"
)
_EMPTY = word_set(
    """
    former then own new two three other same late current longtime veteran embattled outgoing incoming powerful top
    presidential prominent senior leading
    """
)


def described(
    mentions: Mentions, source: Span, phrase: Phrase, speaker: Actor | None = None
) -> tuple[Actor, float] | None:
    """Return whom a description stands for with the probability, or None where nobody is likelier.

    Args:
        mentions: who was named where.
        source: the description.
        phrase: the same, taken apart.
        speaker: who says the claim that it stands in: he would call himself "I", and the writer would call him "he".
    """
    found = list(candidates(mentions, source, phrase, speaker))
    told = [item for item in found if _is_told(item[1])]
    weighed = [(sum(w * f for w, f in zip(WEIGHTS, features, strict=True)), actor) for actor, features in told or found]
    if not weighed:
        return None
    best, actor = max(weighed, key=lambda item: item[0])

    nobody = NOBODY if phrase.modifiers else BARE
    if best <= nobody:
        return None
    return actor, 1 / sum(math.exp(score - best) for score in [*(score for score, _ in weighed), nobody])


def _is_told(features: tuple[float, ...]) -> bool:
    """Return whether the text has said of a candidate all that a description says."""
    known = dict(zip(FEATURES, features, strict=True))
    return known["exact"] + known["kindred"] > 0 and known["unseen"] < 1 and not known["lacking"] and not known["names"]


def candidates(
    mentions: Mentions, source: Span, phrase: Phrase, speaker: Actor | None
) -> Iterator[tuple[Actor, tuple[float, ...]]]:
    """Yield everyone whom a description may stand for, with its features in the order of `FEATURES`."""
    head = singular(phrase.head).removeprefix("ex-")
    person = is_person_role(head)
    view = dict(scored(mentions, source, _pronoun(head, person=person)))
    akin = kindred(head)
    own = {word for span, _ in mentions.within(source) for word in name_words(span.of(mentions.text))}
    proper = {canonical(word) for word in {*phrase.proper, *(() if person else own)}}
    conjunct = phrase.modifiers[len(phrase.modifiers) - [*reversed(phrase.modifiers), "and"].index("and") :]
    common = {canonical(word) for word in conjunct} - proper - _EMPTY
    for index, actor in enumerate(mentions.actors):
        if not _fits(actor, head, phrase, person=person) or (actor.unnamed and source in actor.mentions):
            continue
        nouns, words = mentions.roles(index)
        exact, kin = head in nouns, bool(akin & nouns)
        shown = exact or kin
        if _clash(proper | common, words) or (shown and _from_elsewhere(proper, words)):
            continue
        if not person and not shown and (proper or common or _is_another_kind(nouns, head)):
            continue  # "the foreign ministry" is not a body that is called otherwise
        ranks = (words ^ common) & _RANKS if shown else frozenset()
        if not shown and (actor not in view or actor.unnamed or phrase.determiner not in function_words.DEFINITES):
            continue
        if exact and not person and proper - words:
            continue  # "the Roe campaign" is not another campaign
        if phrase.determiner in function_words.INDEFINITES and not (
            exact and (proper | common) and proper | common <= words
        ):
            continue  # "a company" is a new one, unless all that is said of it was said before
        yield (
            actor,
            (
                view.get(actor, 0.0),
                0.0 if actor in view else 1.0 if mentions.last_named(index, source.start) is None else 0.5,
                float(exact),
                float(kin and not exact),
                float(len((proper | common) & words)),
                float(len(common - words)),
                float(len(proper - words)) * (1 + 2 * exact),
                float(bool(nouns) and not shown),
                float(len(ranks)),
                float(actor.unnamed),
                float(actor is speaker),
            ),
        )


def telling(phrase: Phrase) -> bool:
    """Return whether a description says more than what kind of thing is meant."""
    return any(word not in _EMPTY for word in phrase.modifiers)


def _pronoun(head: str, *, person: bool) -> str:
    if not person:
        return "it"
    return "she" if head in role_nouns.FEMALE_ROLES else "he" if head in role_nouns.MALE_ROLES else "someone"


def _fits(actor: Actor, head: str, phrase: Phrase, *, person: bool) -> bool:
    """Return whether an actor is of the kind and number that a description is."""
    if phrase.plural:
        return actor.unnamed and actor.type is not EntityType.PERSON and " and " not in actor.name
    if person:
        return actor.type is EntityType.PERSON and not (
            actor.unnamed and actor.name.casefold() in function_words.PRONOUNS
        )
    if head in role_nouns.WORKS:
        return actor.type is EntityType.OTHER
    if head in role_nouns.DOCUMENT_ROLES and head not in role_nouns.BODY_ROLES:
        return actor.unnamed and actor.type is not EntityType.PERSON
    if actor.type is EntityType.LOCATION:
        return head in _PLACES
    return actor.type is EntityType.ORGANIZATION or (actor.unnamed and actor.type is not EntityType.PERSON)


def _is_another_kind(nouns: set[str], head: str) -> bool:
    """Return whether a body cannot be called so: a ministry is not a party, and "the youth" is not a body."""
    if head not in role_nouns.BODY_ROLES | role_nouns.WORKS:
        return True
    kinds = nouns & role_nouns.BODY_ROLES
    return head in _INSTITUTIONS if not kinds else head not in _GENERAL


def _from_elsewhere(proper: set[str], words: set[str]) -> bool:
    """Return whether a description names a state, and the text another one: "Sen. Jane Roe (R-Iowa)" is not of Ohio."""
    return bool(proper & STATE_WORDS and words & STATE_WORDS and not proper & words & STATE_WORDS)


def _clash(told: set[str], words: set[str]) -> bool:
    """Return whether a description gives a party to somebody whom the text gives another."""
    return bool(told & _PARTIES and words & _PARTIES and not told & words & _PARTIES)
