"""The whole service and an article that takes longer than it may."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from service.wire.dead_letter import ATTEMPTS, CODE
from tests.committed import committed

ARTICLE = "urn:example:slow"  # one id, hence one partition: the article after the slow one waits for it
PLAIN = "“The bridge will open in May,” said Mayor Ada Lind."
SLOW = "and he said that " * 25_000  # within the limit of tokens; takes the small model many seconds


def _post(service: Any, version: int, body: str) -> None:
    article = json.dumps({"id": ARTICLE, "version": version, "body": body, "language": "en"})
    assert service.ask("POST", "/v1/articles", article.encode())[0] == 202


def _records(service: Any, topic: str, wanted: int) -> list[Any]:
    """Read committed records until there are `wanted`, and whatever is behind them."""
    return asyncio.run(committed(service.topics[topic], wanted, bootstrap_servers=service.bootstrap_servers))


def test_an_article_that_is_too_slow_is_buried_and_read_no_more(start_service: Callable[..., Any]) -> None:
    """It becomes a dead letter after one attempt, the articles around it become events, and a new start skips it."""
    first = start_service(CLAIMWIRE_WORKER__ARTICLE_TIMEOUT="3")
    for version, body in enumerate((PLAIN, SLOW, PLAIN), start=1):
        _post(first, version, body)
    events = _records(first, "enriched", 2)
    assert [json.loads(event.value)["article"]["version"] for event in events] == [1, 3]
    (letter,) = _records(first, "dead_letter", 1)
    headers = dict(letter.headers)
    assert headers[CODE] == b"too-slow"
    assert int.from_bytes(headers[ATTEMPTS], "big") == 1
    assert json.loads(letter.value)["version"] == 2
    assert first.terminate() == 0
    assert first.log.read_text().count("worker.article_failed") == 1

    second = start_service(like=first, CLAIMWIRE_WORKER__ARTICLE_TIMEOUT="3")
    _post(second, 4, PLAIN)
    assert len(_records(second, "enriched", 3)) == 3
    assert len(_records(second, "dead_letter", 1)) == 1
    assert "worker.article_failed" not in second.log.read_text()
