"""The whole service from outside: an article's text appears only in its event, and no foreign host is contacted."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.api.access.auth import Scope, new_key

SAMPLE = json.loads((Path(__file__).parents[2] / "schemas" / "examples" / "article.json").read_text())
# Runs before anything else in the child: notes, and refuses, each way to another host than this one.
WATCH = """
import os, sys

def watch(event, arguments):
    if event not in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        return
    address = arguments[1] if event in ("socket.connect", "socket.sendto") else arguments[0]
    host = address[0] if isinstance(address, tuple) else address
    if isinstance(host, bytes):
        host = host.decode()
    if host in (None, "", "localhost", "::1") or str(host).startswith(("127.", "/")):
        return
    with open(os.environ["OUTBOUND"], "a") as file:
        file.write(f"{event} {address}\\n")
    raise OSError("no way out")

sys.addaudithook(watch)
"""


@pytest.fixture(scope="module")
def watched(start_service: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path, str]:
    """The service with keys, every log line, and an eye on its connections; the file where they are noted; a key."""
    folder = tmp_path_factory.mktemp("watch")
    (folder / "sitecustomize.py").write_text(WATCH)
    noted = folder / "outbound"
    noted.touch()
    key, line = new_key("desk", frozenset(Scope))
    (folder / "keys").write_text(line)
    service = start_service(
        PYTHONPATH=str(folder),
        OUTBOUND=str(noted),
        CLAIMWIRE_LOG__LEVEL="DEBUG",
        CLAIMWIRE_API__AUTH__KEYS_FILE=str(folder / "keys"),
    )
    return service, noted, key


def test_the_watch_itself_works(watched: tuple[Any, Path, str], tmp_path: Path) -> None:
    """A child under the same watch that looks for another host is stopped and noted."""
    import os  # noqa: PLC0415
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    _service, noted, _key = watched
    code = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"
    environment = os.environ | {"PYTHONPATH": str(noted.parent), "OUTBOUND": str(tmp_path / "outbound")}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert "no way out" in run.stderr
    assert "192.0.2.1" in (tmp_path / "outbound").read_text()


def test_an_article_goes_through_without_a_word_to_another_host(watched: tuple[Any, Path, str]) -> None:
    """From the post to the event, with addresses in the article that invite to be opened."""
    service, noted, key = watched
    bearer = f"Bearer {key}"
    article = SAMPLE | {"id": "outbound", "url": "http://192.0.2.7/article"}
    article["body"] += '\n\nSee http://192.0.2.8/ and <img src="http://192.0.2.9/x.png">, she said.'
    markup = {
        "id": "outbound-html",
        "body_type": "text/html",
        "body": f'<html><head><link href="http://192.0.2.1/a.css"></head><body><p>{SAMPLE["body"]}</p><img src="http://192.0.2.9/x.png"></body></html>',
    }
    for sent in (article, markup):
        status, answer = service.ask("POST", "/v1/articles", json.dumps(sent).encode(), authorization=bearer)
        assert status == 202, answer
        event = json.loads(service.event(sent["id"], authorization=bearer))
        assert event["claims"]
    assert noted.read_text() == ""


def test_no_word_of_an_article_is_in_logs_metrics_or_health(watched: tuple[Any, Path, str]) -> None:
    """Good and bad articles over each way in, with unique words in every field: no log has any of them, nor a key."""
    service, _noted, key = watched
    bearer = f"Bearer {key}"
    canary = {
        "id": "zyxid",
        "title": "Zyxtitle",
        "source": "Zyxsource",
        "authors": ["Zyxauthor"],
        "url": "https://zyx.example/",
    }
    body = (
        SAMPLE["body"].replace(SAMPLE["body"].split()[20], "Zyxword", 1)
        + " “We zyxsay no,” said Zyxname Zyxfamily on Monday."
    )
    sent = [
        canary | {"body": body},
        canary | {"body": 5},
        canary | {"body": body, "zyxfield": 1},
        canary | {"body": "\0zyx"},
        canary | {"status": "canceled", "version": 2},
        {"uri": "urn:zyxuri", "bodies": [{"value": body}]},
        {"id": "zyxgerman", "language": "de", "body": "Zyxdeutsch sagte der Minister."},
    ]
    for path in ("/v1/analyze", "/v1/articles"):
        for article in sent:
            service.ask("POST", path, json.dumps(article).encode(), authorization=bearer, traceparent="zyxtrace")
        service.ask("POST", path, b"{zyxbroken", authorization=bearer)
    service.ask("POST", "/v1/articles", json.dumps(canary).encode(), authorization="Bearer cw_desk_zyxtoken")
    service.ask("GET", "/v1/articles/zyxpath?zyxquery=zyx", authorization=bearer)
    service.ask("GET", "/v1/events?entity=Zyxname&stance=zyx", authorization=bearer)
    service.event("urn:zyxuri", authorization=bearer)
    told = {
        "log": service.log.read_text(),
        "metrics": service.ask("GET", "/metrics", authorization=bearer)[1].decode(),
        "health": service.ask("GET", "/health")[1].decode(),
    }
    assert "debug" in told["log"].lower()
    for where, text in told.items():
        assert not re.findall(r".{0,60}zyx.{0,20}", text, re.IGNORECASE), where
        assert key.split("_", 2)[2] not in text
        assert "Bearer" not in text
