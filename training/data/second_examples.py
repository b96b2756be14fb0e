"""Claims read a second time: the names of the speaker and of the possible targets, then the sentences around the claim.

The first reading answers a stance from the vectors of a claim, a source and a mention, each seen among hundreds of
other tokens. Here the encoder reads one claim alone and is given what it is asked about: each possible target comes
first by its full name, as for aspects by Sun et al. (NAACL 2019), all targets of the claim in one pass.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from service.analysis.text.document import segment
from service.core.model import StanceQuestion, StanceTarget, Tokens
from service.core.span import Span
from service.inference import second_reading
from service.inference.tokenizer import Tokenizer
from training.data import readers
from training.data.attribution_examples import mentions_in
from training.data.examples import STANCES, Example, Query
from training.data.readers import Attribution, AttributionArticle, Offsets

_TARGETS = 12  # of one claim, as `service.analysis.stances.targets` asks at most
_WITHOUT_STANCE = 0.4  # the share of claims without any stance that is used: they are the majority, and say little


def second_examples(
    article: AttributionArticle, tokenizer: Tokenizer, queries: Sequence[readers.FrameQuery], separator: int
) -> Iterator[Example]:
    """Yield one window per claim with a frame and at least one possible target.

    Args:
        article: with frames, or nothing is yielded.
        tokenizer: the base's.
        queries: the possible targets as the service finds them, with their names.
        separator: the token between the parts.
    """
    framed = [item for item in article.attributions if item.frame and item.content]
    if not framed:
        return
    chance = random.Random(f"{article.id}/{len(article.text)}")  # noqa: S311 - repeatable draws are wanted
    asked: dict[str, list[readers.FrameQuery]] = defaultdict(list)
    for query in queries:
        asked[query.attribution].append(query)
    tokens = tokenizer([article.text])[0]
    sentences = [sentence.span for sentence in segment(article.text, language=article.language).sentences]
    for item in framed:
        targets = _targets(article, item, asked[item.id])
        held = any(label != "neutral" for _, label in targets.values())
        if targets and (held or chance.random() < _WITHOUT_STANCE):
            yield from _example(item, targets, tokenizer, tokens, sentences, separator)


def _targets(
    article: AttributionArticle, item: Attribution, queries: Sequence[readers.FrameQuery]
) -> dict[str, tuple[list[Offsets], str]]:
    """Return the possible targets of a claim by name: where they are mentioned, and the answer."""
    found: dict[str, tuple[list[Offsets], str]] = {}
    for query in queries:
        found.setdefault(query.name, ([], query.label))[0].append(query.target)
    covered = [place for places, label in found.values() if label != "neutral" for place in places]
    for name, label in item.frame.stances if item.frame else ():
        places = mentions_in(article, item.content, name)
        if places and not any(a < d and c < b for a, b in places for c, d in covered):
            found.setdefault(name, (places, label))
    return dict(list(found.items())[:_TARGETS])


def _example(
    item: Attribution,
    targets: dict[str, tuple[list[Offsets], str]],
    tokenizer: Tokenizer,
    tokens: Tokens,
    sentences: Sequence[Span],
    separator: int,
) -> Iterator[Example]:
    frame = item.frame
    if frame is None:
        return
    holder = None if frame.speaker == "author" else frame.speaker
    question = StanceQuestion(
        claim=tuple(Span(*piece) for piece in sorted(item.content)),
        holder=holder,
        source=Span(*item.source[0]) if item.source and holder else None,
        targets=tuple(
            StanceTarget(name=name, mentions=tuple(Span(*place) for place in places))
            for name, (places, _) in targets.items()
        ),
    )
    window = second_reading.window(question, tokenizer, tokens, sentences, separator)
    if window is None:
        return
    example = Example(ids=np.asarray(window.ids, dtype=np.int64))
    claim = example.add(window.claim)
    speaker = example.add(window.holder) if window.holder else -1
    labels = [label for _, label in targets.values()]
    example.second = [
        Query(claim=claim, holder=speaker, target=example.add(target), label=STANCES.index(label))
        for target, label in zip(window.targets, labels, strict=False)
        if target
    ]
    if example.second:
        yield example
