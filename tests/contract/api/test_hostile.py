"""Hostile input through HTTP and the shipped model: each has an answer within bounds of time and memory.

`pytest -o log_cli=true --log-cli-level=INFO` shows the time and memory of each; `docs/hostile.md` has them as a table.
"""

import asyncio
import json
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import orjson
import pytest

from service.analysis.pipeline import Pipeline
from service.api.app import create_app
from service.core.article import Article, ArticleId, Outcome
from service.inference.artifact import load_model
from service.settings import DEFAULT_MODEL, ApiSettings, Settings
from service.telemetry.metrics import Metrics
from tests.models import SMALL

pytestmark = pytest.mark.anyio

SAMPLE = json.loads((Path(__file__).parents[3] / "schemas" / "examples" / "article.json").read_text())["body"]
# The long sentence takes minutes and gigabytes whole, and the default model several times as long as the small one: so
# the sentence is cut to a tenth, and read by the small one, unless all is asked for.
FULL = os.environ.get("CLAIMWIRE_HOSTILE") == "full"
LENGTH = 1_000_000 if FULL else 100_000
MODEL = DEFAULT_MODEL if FULL else SMALL
LOG = logging.getLogger("hostile")
SECONDS = 300.0  # of a processor, for a million characters; everything else takes a small part of it
MEBIBYTES = 1_024  # above what the process holds idle, whatever the text: what the manifests leave for it

Case = tuple[str, str, Callable[[], str]]


def _planes() -> str:
    """Return characters of every Unicode plane, surrogates left out, in sentences."""
    points = (plane * 0x10000 + low for plane in range(17) for low in range(0x21, 0x10000, 0x97))
    characters = [chr(point) for point in points if not 0xD800 <= point < 0xE000]
    return SAMPLE + "\n\n" + " said. ".join("".join(characters[n : n + 40]) for n in range(0, len(characters), 40))


def _homoglyphs() -> str:
    """Return the sample with names that look the same and are not: Cyrillic and Greek letters for Latin ones."""
    return SAMPLE + SAMPLE.translate(str.maketrans("aeopcHTM", "\u0430\u0435\u03bf\u0440\u0441\u041d\u03a4\u039c"))


TEXTS: list[Case] = [
    ("a sentence of a million characters", "text/plain", lambda: "and he said that " * (LENGTH // 17) + "."),
    ("a million characters without a space", "text/plain", lambda: "x" * 1_000_000),
    ("ten thousand opening quotation marks", "text/plain", lambda: "“" * 10_000 + SAMPLE),
    ("ten thousand straight quotation marks", "text/plain", lambda: ('"' * 100 + " he said. ") * 100 + SAMPLE),
    ("quotes two hundred deep", "text/plain", lambda: "“He said ‘she said " * 100 + "no" + "’ ”" * 100 + SAMPLE),
    ("every plane of Unicode", "text/plain", _planes),
    ("zero-width characters between all others", "text/plain", lambda: "\u200b".join(SAMPLE[:2_000]) + SAMPLE),
    ("control characters", "text/plain", lambda: "".join(map(chr, range(1, 32))) * 200 + SAMPLE),
    ("right-to-left overrides", "text/plain", lambda: SAMPLE.replace(" ", " \u202e").replace(".", ".\u202c")),
    ("a thousand combining marks on a letter", "text/plain", lambda: ("a" + "\u0301" * 1_000 + " said. ") * 20),
    ("homoglyph names", "text/plain", _homoglyphs),
    ("a hundred thousand line ends", "text/plain", lambda: "\n" * 100_000 + SAMPLE),
    ("a word of two thousand hyphens", "text/plain", lambda: "well-" * 2_000 + " said Ruiz. " + SAMPLE),
    ("five hundred names", "text/plain", lambda: ", ".join(f"Ana Ruiz{n}" for n in range(500)) + " said no."),
    ("HTML a hundred thousand deep", "text/html", lambda: "<div>" * 100_000 + SAMPLE),
    ("HTML of ten thousand attributes", "text/html", lambda: "<p " + "a=b " * 10_000 + f">{SAMPLE}</p>"),
    ("HTML entities that name entities", "text/html", lambda: "&amp;amp;" * 2_000 + f"<p>{SAMPLE}</p>"),
    (
        "an XML entity bomb",
        "text/html",
        lambda: '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + f"<p>&b;{SAMPLE}</p>",
    ),
    ("unclosed tags", "text/html", lambda: "<p><b><i><a href='x'>" * 10_000 + SAMPLE),
]  # fmt: skip


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The service runs on asyncio alone."""
    return "asyncio"


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    """The pipeline over the small model, which has read once: what a text costs beside the model is looked for."""
    made = Pipeline(model=load_model(MODEL))
    made.process([Article(id=ArticleId("urn:example:sample"), body=SAMPLE, language="en")])
    return made


@pytest.fixture(scope="module")
def idle(pipeline: Pipeline) -> float:
    """What the process holds before it reads the first text, in MiB."""
    del pipeline  # it has been loaded, and has read
    return _memory("VmRSS")


@pytest.fixture
async def api(pipeline: Pipeline) -> AsyncIterator[httpx.AsyncClient]:
    """The API, whose analyses run in a thread as they do in the service."""
    with ThreadPoolExecutor(max_workers=1) as thread:

        async def process(articles: Sequence[Article]) -> list[Outcome]:
            return await asyncio.get_running_loop().run_in_executor(thread, pipeline.process, articles)

        app = create_app(
            settings=Settings(api=ApiSettings(max_body=8_000_000, analyze_timeout=SECONDS)),
            metrics=Metrics(),
            parts=(),
            publisher=None,
            process=process,
            models=lambda: pipeline.models.infos,
        )
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=600) as client:
            yield client


def _forget_the_peak() -> None:
    """Let the high-water mark of the process's memory begin anew: proc(5)."""
    Path("/proc/self/clear_refs").write_text("5")


def _memory(field: str) -> float:
    """Return a line of /proc/self/status, in MiB."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith(field))) / 1_024


@pytest.mark.parametrize(("kind", "text"), [case[1:] for case in TEXTS], ids=[case[0] for case in TEXTS])
async def test_a_hostile_text_has_an_answer(
    api: httpx.AsyncClient, idle: float, kind: str, text: Callable[[], str]
) -> None:
    """An event whose offsets hold, or a problem with a code; in bounded time and memory."""
    body = text()
    request = orjson.dumps({"id": "hostile", "language": "en", "body_type": kind, "body": body})
    _forget_the_peak()
    began = time.process_time()
    answer = await api.post("/v1/analyze", content=request, headers={"content-type": "application/json"})
    seconds, mebibytes = time.process_time() - began, _memory("VmHWM") - idle
    LOG.info("%.2f s, %.0f MiB, %s", seconds, mebibytes, answer.status_code)
    assert seconds < SECONDS
    assert mebibytes < MEBIBYTES
    if answer.status_code == 200:
        event = answer.json()
        read = event["article"].get("text") or body
        for claim in event["claims"]:
            assert all(read[piece["start"] : piece["end"]] in claim["text"] for piece in claim["spans"])
    else:
        assert (answer.status_code, answer.json()["code"]) in {
            (422, "html-too-complex"),
            (422, "empty-text"),
            (422, "text-too-long"),
        }
