"""The live view's bookkeeping, compared with a simple list."""

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from service.api.live_view import LiveView
from service.core.message import Message

MOST = 3  # events in the log
EVENTS = st.tuples(
    st.sampled_from("abc"), st.integers(0, 3), st.integers(0, 2_000)
)  # article, version or tombstone, size


@settings(deadline=None)
@given(st.lists(EVENTS, max_size=30))
def test_the_view_tells_the_highest_version_of_what_it_holds(events: list[tuple[str, int, int]]) -> None:
    """Whatever comes in whatever order: the right version, only of articles in the log, and every byte counted once."""
    view = LiveView(max_articles=MOST, max_bytes=10_000_000)
    log: list[tuple[str, int, int]] = []  # article, version, offset
    highest: dict[str, tuple[int, int]] = {}  # article: version, offset
    for offset, (article, version, size) in enumerate(events):
        value = orjson.dumps({"article": {"id": article, "version": version}, "filling": "x" * size})
        tombstone = version == 0
        view.add(
            Message(
                topic="articles.enriched",
                key=article.encode(),
                value=None if tombstone else value,
                partition=0,
                offset=offset,
            )
        )
        if tombstone:
            log = [entry for entry in log if entry[0] != article]
        else:
            log = [*log, (article, version, offset)][-MOST:]
            highest[article] = max(highest.get(article, (0, 0)), (version, offset))
        highest = {each: found for each, found in highest.items() if any(entry[0] == each for entry in log)}

        told = {each: view.latest(each) for each in "abc"}
        assert {each: (found.version, found.offset) for each, found in told.items() if found} == highest
        assert [entry.offset for entry in view.since({})] == [entry[2] for entry in log]
        held = {entry.offset: entry for entry in (*view.since({}), *filter(None, told.values()))}
        assert view._bytes == sum(entry.size for entry in held.values())
