"""The windows in which a claim and a topic are read together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from service.core.model import Ints
from service.inference.second_reading import Tokenizes

_TOPIC_SHARE = 3  # a topic takes at most a third of the window, the claim the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class PairWindow:
    """One pair: which of those asked it is, how many tokens either part has, and the ids, claim first."""

    pair: int
    text: int
    topic: int
    ids: Ints


def windows(pairs: Sequence[tuple[str, str]], tokenizer: Tokenizes, limit: int, separator: int) -> Iterator[PairWindow]:
    """Yield the windows of (claim, topic); a pair of which a part has no tokens has none.

    Args:
        pairs: what is asked.
        tokenizer: of both parts.
        limit: the most tokens of a window, special tokens around it not counted.
        separator: the token between the parts.
    """
    texts, topics = tokenizer([text for text, _ in pairs]), tokenizer([topic for _, topic in pairs])
    for index, (one, other) in enumerate(zip(texts, topics, strict=True)):
        topic = other.ids[: limit // _TOPIC_SHARE]
        text = one.ids[: limit - 1 - len(topic)]
        if len(topic) and len(text):
            ids = np.concatenate([text, np.asarray([separator]), topic])
            yield PairWindow(pair=index, text=len(text), topic=len(topic), ids=ids)
