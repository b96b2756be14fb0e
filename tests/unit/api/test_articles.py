"""POST /v1/articles, /v1/articles:batch and /v1/analyze over fakes of their ports."""

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urljoin

import httpx
import orjson
import pytest

from service.api.app import create_app
from service.api.live_view import LiveView
from service.api.problems import KINDS
from service.core.article import Article, ArticleId, Enriched, Outcome, Rejected, Retracted, Skipped, Status
from service.core.errors import BrokerUnavailableError, InfrastructureError, OverloadedError, PublishUnknownError
from service.core.frames import Enrichment
from service.core.message import Message
from service.core.model import ModelInfo
from service.settings import ApiSettings, Settings
from service.telemetry.metrics import Metrics
from service.wire import codec

pytestmark = pytest.mark.anyio

MODEL = ModelInfo(name="fake", version="1", sha256="ab" * 32)
JSON = {"content-type": "application/json"}
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def anyio_backend() -> str:
    """The service runs on asyncio alone."""
    return "asyncio"


class FakeLog:
    """A publisher that records its messages, or fails as set."""

    def __init__(self, failure: InfrastructureError | None = None) -> None:
        self.failure = failure
        self.records: list[Message] = []

    async def publish(self, message: Message) -> tuple[int, int]:
        """Keep the record."""
        if self.failure is not None:
            raise self.failure
        self.records.append(message)
        return 0, len(self.records) - 1


async def read(articles: Sequence[Article]) -> list[Outcome]:
    """Find nothing in every article."""
    await asyncio.sleep(0)
    outcomes: list[Outcome] = []
    for article in articles:
        if article.status is not Status.USABLE:
            outcomes.append(Retracted(article=article))
        elif article.language == "de":
            outcomes.append(Skipped(article=article, reason="language", detail="The model does not read German."))
        elif "unreadable" in article.body:
            outcomes.append(Rejected(code="no-text", message="There is no text."))
        else:
            outcomes.append(
                Enriched(article=article, text=article.body, language="en", model=MODEL, enrichment=Enrichment())
            )
    return outcomes


@asynccontextmanager
async def client(**changes: object) -> AsyncIterator[httpx.AsyncClient]:
    """Speak to an application over fakes."""
    parts = {
        "settings": Settings(),
        "metrics": Metrics(),
        "parts": (),
        "publisher": FakeLog(),
        "process": read,
        "models": lambda: [MODEL],
        "live": LiveView(max_articles=10, max_bytes=1_000_000),
    } | changes
    app = create_app(**parts)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as speaker:
        yield speaker


async def test_an_article_is_taken_and_told_where_its_event_will_be() -> None:
    """202 says where the record lies and which event will follow; the record is the article in canonical form."""
    log = FakeLog()
    async with client(publisher=log) as api:
        answer = await api.post("/v1/articles", json={"body": "b", "id": "urn:a"}, headers={"traceparent": TRACE})
    assert answer.status_code == 202
    assert answer.headers["location"] == "/v1/articles/urn%3Aa"
    (record,) = log.records
    assert answer.json() == {
        "id": "urn:a",
        "version": 1,
        "topic": "articles",
        "partition": 0,
        "offset": 0,
        "event": {"topic": "articles.enriched", "key": "urn:a", "id": codec.event_id(_article(record), [MODEL])},
    }
    assert record.key == b"urn:a"
    assert record.header("traceparent") == TRACE.encode()
    assert record.header("ce_type") == b"claimwire.article.v1"


@pytest.mark.parametrize("name", [".", "..", "a/../b", "a/..", "?", "%2E%2E", "ä b"])
async def test_the_location_survives_whatever_the_id_is(name: str) -> None:
    """Clients resolve dots in a path: wherever an article's location leads them, it is that article's."""
    live = LiveView(max_articles=10, max_bytes=1_000_000)
    (outcome,) = await read([Article(id=ArticleId(name), body="b")])
    event = codec.encode(outcome, cause=None, models=[MODEL], topic="articles.enriched", quotes=True)
    live.add(dataclasses.replace(event, partition=0, offset=0, timestamp=0))
    async with client(live=live) as api:
        taken = await api.post("/v1/articles", json={"body": "b", "id": name})
        where = urljoin("http://127.0.0.1/", taken.headers["location"])
        found = await api.get(where)
    assert found.status_code == 200
    assert found.json()["article"]["id"] == name


BAD: list[tuple[str, bytes, dict[str, str], int, str, str | None]] = [
    ("not JSON", b"{", {}, 400, "not-json", None),
    ("a wrong type", b'{"id":"a","body":5}', {}, 422, "wrong-type", "/body"),
    ("an unknown field", b'{"id":"a","body":"b","tittle":"c"}', {}, 422, "unknown-field", "/tittle"),
    ("a missing field", b'{"id":"a"}', {}, 422, "missing-field", "/body"),
    ("nothing", b"", {}, 422, "empty-body", None),
    ("a blank body", b'{"id":"a","body":" \\n"}', {}, 422, "empty-body", "/body"),
    ("too much", b'{"id":"a","body":"' + b"x" * 3_000_000 + b'"}', {}, 413, "too-large", None),
    ("invalid UTF-8", b'{"id":"a","body":"\xff"}', {}, 400, "not-utf8", None),
    ("an escaped lone surrogate", b'{"id":"a","body":"\\ud83d"}', {}, 400, "lone-surrogate", None),
    ("an encoded lone surrogate", b'{"id":"a","body":"\xed\xa0\xbd"}', {}, 400, "lone-surrogate", None),
    ("a NUL", b'{"id":"a","body":"x\\u0000"}', {}, 422, "nul-character", "/body"),
    (
        "an unknown event type",
        b'{"id":"a","body":"b"}',
        {"ce-specversion": "1.0", "ce-type": "org.example.other", "ce-source": "/x", "ce-id": "1"},
        422,
        "unknown-event-type",
        None,
    ),
    ("depth", b"[" * 100_000, {}, 400, "too-deep", None),
    ("compression", b"\x1f\x8b\x08", {"content-encoding": "gzip"}, 415, "content-encoding", None),
    ("a form", b"a=b", {"content-type": "application/x-www-form-urlencoded"}, 415, "unsupported-content-type", None),
]


@pytest.mark.parametrize(
    ("body", "headers", "status", "code", "field"), [row[1:] for row in BAD], ids=[row[0] for row in BAD]
)
@pytest.mark.parametrize("path", ["/v1/articles", "/v1/analyze"])
async def test_bad_input_is_a_problem_that_names_the_field(
    path: str, body: bytes, headers: dict[str, str], status: int, code: str, field: str | None
) -> None:
    """Every fault has a stable code of its own, and a pointer to the field where there is one."""
    async with client() as api:
        answer = await api.post(path, content=body, headers=JSON | headers)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert (problem["code"], problem.get("field"), problem["status"]) == (code, field, status)
        explained = await api.get(problem["type"])
        assert explained.json()["title"] == problem["title"]


@pytest.mark.parametrize(
    ("method", "path", "parameter"),
    [
        ("GET", "/v1/articles/a?verison=2", "verison"),
        ("GET", "/v1/articles?id=a&ID=b", "ID"),
        ("GET", "/v1/events?recent=1&entitty=Roe", "entitty"),
        ("GET", "/v1/info?full", "full"),
        ("POST", "/v1/articles?dry_run=true", "dry_run"),
        ("POST", "/v1/articles:batch?id=a", "id"),
        ("POST", "/v1/analyze?topics=dam", "topics"),
        ("GET", "/v1/info?SECRET%20word=1", None),
    ],
)
async def test_an_unknown_parameter_is_refused_and_named(method: str, path: str, parameter: str | None) -> None:
    """A typo in a query does not go unnoticed; what does not look like a name is not repeated."""
    async with client() as api:
        answer = await api.request(method, path, json={"id": "a", "body": "b"} if method == "POST" else None)
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown-parameter")
    assert answer.json().get("field") == parameter
    assert "SECRET" not in answer.text


async def test_probes_and_the_page_take_any_parameter() -> None:
    """Load balancers and links add their own; nothing there is asked by parameters."""
    async with client() as api:
        answers = [await api.get(path) for path in ("/health/live?probe=1", "/metrics?x=1", "/?utm_source=x")]
    assert [answer.status_code for answer in answers] == [200, 200, 200]


async def test_what_passes_through_comes_back_from_every_way_in() -> None:
    """Authors, tags and metadata of an article, of a line, of a ninjs document and of a CloudEvent reach the record."""
    told = {"authors": ["A. Roe"], "tags": ["dams"], "metadata": {"desk": "foreign"}}
    plain = {"id": "a", "body": "b"} | told
    ninjs = {
        "uri": "a",
        "bodies": [{"value": "b"}],
        "by": "A. Roe",
        "subjects": [{"name": "dams"}],
        "altIds": [{"role": "desk", "value": "foreign"}],
    }
    cloud = {"specversion": "1.0", "id": "1", "source": "/x", "type": "claimwire.article.v1", "data": plain}
    log = FakeLog()
    async with client(publisher=log) as api:
        for sent in (plain, ninjs, cloud):
            assert (await api.post("/v1/articles", json=sent)).status_code == 202
        lines = "\n".join(map(json.dumps, (plain, ninjs, cloud)))
        await api.post("/v1/articles:batch", content=lines, headers={"content-type": "application/x-ndjson"})
        event = (await api.post("/v1/analyze", json=plain)).json()
    assert [json.loads(record.value or b"") | told for record in log.records] == [
        json.loads(record.value or b"") for record in log.records
    ]
    assert len(log.records) == 6
    assert event["article"] | told == event["article"]


async def test_a_problem_never_repeats_the_request() -> None:
    """Whatever is wrong, no word of the article comes back."""
    async with client() as api:
        for body in (
            {"id": "SECRETWORD", "body": 7},
            {"id": "a", "body": "b", "SECRET WORD é": 1},
            {"id": "a", "body": "b", "status": "SECRETWORD"},
        ):
            answer = await api.post("/v1/articles", json=body)
            assert answer.status_code == 422
            assert "SECRET" not in answer.text


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (PublishUnknownError("no answer"), "publish-unknown"),
        (BrokerUnavailableError("no broker"), "broker-unavailable"),
        (OverloadedError("full"), "overloaded"),
    ],
)
async def test_a_failed_publish_is_503_and_may_be_repeated(failure: InfrastructureError, code: str) -> None:
    """A failure of the broker is never an acceptance; Retry-After says that trying again helps."""
    async with client(publisher=FakeLog(failure)) as api:
        answer = await api.post("/v1/articles", json={"id": "a", "body": "b"})
    assert answer.status_code == 503
    assert answer.json()["code"] == code
    assert int(answer.headers["retry-after"]) > 0


async def test_analyze_answers_with_the_event() -> None:
    """The event's data is the body and its attributes are headers, as CloudEvents wants over HTTP."""
    async with client() as api:
        answer = await api.post("/v1/analyze", json={"id": "ü", "body": "b"}, headers={"traceparent": TRACE})
    assert answer.status_code == 200
    assert answer.json()["article"]["id"] == "ü"
    assert answer.headers["ce-type"] == "claimwire.article.enriched.v1"
    assert answer.headers["ce-subject"] == "%C3%BC"
    assert answer.headers["traceparent"] == TRACE


@pytest.mark.parametrize(
    ("article", "kind"),
    [
        ({"id": "a", "status": "withheld"}, "claimwire.article.retracted.v1"),
        ({"id": "a", "body": "b", "language": "de"}, "claimwire.article.skipped.v1"),
    ],
)
async def test_analyze_tells_every_kind_of_event(article: dict[str, str], kind: str) -> None:
    """A retraction and an article in an unsupported language are events too."""
    async with client() as api:
        answer = await api.post("/v1/analyze", json=article)
    assert (answer.status_code, answer.headers["ce-type"]) == (200, kind)


async def test_what_the_pipeline_refuses_is_a_problem() -> None:
    """A code that the API does not know is answered as `rejected`, with its sentence."""
    async with client() as api:
        answer = await api.post("/v1/analyze", json={"id": "a", "body": "unreadable"})
    assert answer.status_code == 422
    assert answer.json()["detail"] == "There is no text."


async def test_a_process_without_a_part_says_so() -> None:
    """An api-only process has no model, a worker no publisher: 501, not an error."""
    async with client(process=None, publisher=None, live=None) as api:
        answers = [
            await api.post("/v1/analyze", json={"id": "a", "body": "b"}),
            await api.post("/v1/articles", json={"id": "a", "body": "b"}),
            await api.get("/v1/articles/a"),
            await api.get("/v1/events"),
        ]
    assert [answer.status_code for answer in answers] == [501] * 4
    assert [answer.json()["code"] for answer in answers] == ["no-model", "no-publisher", "no-live-view", "no-live-view"]


async def test_analyze_while_the_model_loads_is_503() -> None:
    """The port opens before the model is warm; until then analyze asks to wait."""
    async with client(models=tuple) as api:
        answer = await api.post("/v1/analyze", json={"id": "a", "body": "b"})
    assert (answer.status_code, answer.json()["code"]) == (503, "starting")


async def test_analyze_holds_a_bounded_number() -> None:
    """With one place and none to wait in, the second of two requests is refused and the first still answered."""
    release = asyncio.Event()

    async def slow(articles: Sequence[Article]) -> Sequence[Outcome]:
        await release.wait()
        return await read(articles)

    settings = Settings(api=ApiSettings(analyze_concurrency=1, analyze_waiting=0))
    async with client(process=slow, settings=settings) as api:
        first = asyncio.create_task(api.post("/v1/analyze", json={"id": "a", "body": "b"}))
        await asyncio.sleep(0.05)
        second = await api.post("/v1/analyze", json={"id": "a", "body": "b"})
        release.set()
        assert (second.status_code, second.json()["code"]) == (503, "overloaded")
        assert (await first).status_code == 200
        assert (await api.post("/v1/analyze", json={"id": "a", "body": "b"})).status_code == 200


async def test_analyze_gives_up_after_its_timeout_but_keeps_the_place() -> None:
    """The model cannot be stopped, so its place stays taken until it is done."""
    release = asyncio.Event()

    async def slow(articles: Sequence[Article]) -> Sequence[Outcome]:
        await release.wait()
        return await read(articles)

    settings = Settings(api=ApiSettings(analyze_concurrency=1, analyze_waiting=0, analyze_timeout=0.05))
    async with client(process=slow, settings=settings) as api:
        codes = [(await api.post("/v1/analyze", json={"id": "a", "body": "b"})).json()["code"] for _ in range(2)]
        assert codes == ["analyze-timeout", "overloaded"]
        release.set()
        await asyncio.sleep(0.05)
        assert (await api.post("/v1/analyze", json={"id": "a", "body": "b"})).status_code == 200


@pytest.mark.parametrize("form", ["array", "ndjson"])
async def test_a_batch_has_a_result_for_each_item(form: str) -> None:
    """A bad article is refused alone, and results are in the batch's order."""
    items = [{"id": "a", "body": "b"}, {"id": "a"}, {"uri": "urn:n", "bodies": [{"value": "c"}]}]
    if form == "array":
        body, kind = json.dumps(items), "application/json"
    else:
        body, kind = "\n".join(json.dumps(item) for item in items) + "\n\n", "application/x-ndjson"
    log = FakeLog()
    async with client(publisher=log) as api:
        answer = await api.post("/v1/articles:batch", content=body, headers={"content-type": kind})
    assert answer.status_code == 200
    result = answer.json()
    assert (result["accepted"], result["refused"]) == (2, 1)
    assert [item["status"] for item in result["items"]] == [202, 422, 202]
    assert result["items"][1]["problem"]["field"] == "/body"
    assert [record.key for record in log.records] == [b"a", b"urn:n"]


async def test_a_batch_is_bounded_by_items() -> None:
    """One item too many refuses the batch, and nothing of it is published."""
    log = FakeLog()
    async with client(publisher=log, settings=Settings(api=ApiSettings(batch_items=2))) as api:
        for body, kind in ((b"[{},{},{}]", "application/json"), (b"{}\n{}\n{}", "application/x-ndjson")):
            answer = await api.post("/v1/articles:batch", content=body, headers={"content-type": kind})
            assert (answer.status_code, answer.json()["code"]) == (413, "too-many-items")
    assert log.records == []


async def test_a_slow_body_is_refused() -> None:
    """A client that sends a byte now and then is not waited for."""

    async def trickle() -> AsyncIterator[bytes]:
        yield b'{"id"'
        await asyncio.sleep(5)
        yield b':"a","body":"b"}'

    async with client(settings=Settings(api=ApiSettings(body_timeout=0.05))) as api:
        answer = await api.post("/v1/articles", content=trickle(), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (408, "body-timeout")


async def test_a_body_without_length_is_counted() -> None:
    """The limit holds while the body streams in: no more than it is ever held."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 65_536
            yield b"x" * 65_536

    async with client() as api:
        answer = await api.post("/v1/articles", content=endless(), headers=JSON)
    assert answer.status_code == 413
    assert sent < 3_000_000


async def test_an_article_that_is_too_large_as_a_record_is_refused() -> None:
    """What Kafka would refuse is refused earlier, as the client's error."""
    body = orjson.dumps({"id": "a", "body": "é" * 600_000})
    async with client() as api:
        answer = await api.post("/v1/articles", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


async def test_too_many_headers_are_refused() -> None:
    """The number of header fields is bounded, whatever the path."""
    async with client() as api:
        answer = await api.get("/health/live", headers={f"x-{n}": "1" for n in range(100)})
    assert (answer.status_code, answer.json()["code"]) == (431, "too-many-headers")


async def test_wrong_paths_and_methods_are_problems_too() -> None:
    """404 and 405 have the same form as every other error, and 405 names what is allowed."""
    async with client() as api:
        missing = await api.get("/v2/articles")
        wrong = await api.put("/v1/analyze")
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")
    assert (wrong.status_code, wrong.json()["code"], wrong.headers["allow"]) == (405, "method-not-allowed", "POST")


async def test_without_keys_only_localhost_is_answered() -> None:
    """A page whose name was made to point here sends its own name as host, and gets nothing."""
    async with client() as api:
        answer = await api.post("/v1/articles", json={"id": "a", "body": "b"}, headers={"host": "evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (421, "misdirected")


async def test_a_failure_of_our_own_is_500_and_its_text_stays_out_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """An exception may quote the article, so only its type and place are logged."""

    async def broken(_articles: Sequence[Article]) -> Sequence[Outcome]:
        raise ValueError("SECRETWORD")

    async with client(process=broken) as api:
        answer = await api.post("/v1/analyze", json={"id": "a", "body": "SECRETWORD"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "SECRETWORD" not in answer.text + caplog.text


async def test_security_headers_are_on_every_answer() -> None:
    """Nothing of an answer may run in a browser, whatever it holds."""
    async with client() as api:
        for answer in (await api.get("/health/live"), await api.get("/nowhere"), await api.get("/v1/info")):
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert "access-control-allow-origin" not in answer.headers


def test_every_problem_is_documented() -> None:
    """The table in the API's page is the code's own, line by line."""
    page = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
    for code, kind in KINDS.items():
        assert f"| `{code}` | {kind.status} | {kind.title} | {kind.advice} |" in page


def _article(record: Message) -> Article:
    decoded = codec.decode(record, max_bytes=1_000_000)
    assert isinstance(decoded, Article)
    return decoded
