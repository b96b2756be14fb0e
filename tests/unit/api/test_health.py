"""The probes, the metrics and the description of the service."""

import asyncio
import json
import tomllib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import openapi_spec_validator
import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import SecretStr

from service.api.access.auth import Scope, new_key
from service.api.app import create_app
from service.core.health import Check, HealthStatus, Probe
from service.core.model import ModelInfo
from service.settings import ApiSettings, AuthSettings, Settings
from service.telemetry.metrics import Metrics

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[3]
OPENAPI = ROOT / "schemas" / "openapi.json"
KEYED = Settings(  # with keys the document says which operations need one
    api=ApiSettings(auth=AuthSettings(keys=SecretStr(new_key("test", frozenset(Scope), expires=None)[1])))
)


@pytest.fixture
def anyio_backend() -> str:
    """The service runs on asyncio alone."""
    return "asyncio"


class Organ:
    """A part whose checks a test sets."""

    def __init__(self, *checks: Check) -> None:
        self.current = checks

    def checks(self) -> Sequence[Check]:
        """Return them."""
        return self.current


@asynccontextmanager
async def client(*parts: Organ, **changes: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Speak to an application of these parts."""
    wanted = {
        "settings": Settings(),
        "metrics": Metrics(),
        "parts": parts,
        "publisher": None,
        "process": None,
        "models": lambda: [
            ModelInfo(name="m", version="1", sha256="ab" * 32),
            ModelInfo(name="other", version="2", sha256="cd" * 32, languages=("ru", "hy")),
        ],
    } | changes
    transport = httpx.ASGITransport(app=create_app(**wanted))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as speaker:
        yield speaker


def failing(*probes: Probe) -> Check:
    """Return a check that fails these probes."""
    return Check(name="broker", status=HealthStatus.FAIL, fails=frozenset(probes), detail="No broker answers.")


@pytest.mark.parametrize(
    ("failed", "statuses"),
    [
        ((), (200, 200, 200, 200)),
        ((Probe.READY,), (200, 200, 503, 503)),
        ((Probe.STARTUP, Probe.READY), (200, 503, 503, 503)),
        ((Probe.LIVE, Probe.READY), (503, 200, 503, 503)),
    ],
)
async def test_each_probe_answers_its_own_question(failed: tuple[Probe, ...], statuses: tuple[int, ...]) -> None:
    """A broker outage takes the process out of service without having it restarted."""
    async with client(Organ(failing(*failed) if failed else Check(name="broker", status=HealthStatus.PASS))) as api:
        answers = [await api.get(f"/health{path}") for path in ("/live", "/startup", "/ready", "")]
    assert tuple(answer.status_code for answer in answers) == statuses
    assert {answer.headers["content-type"] for answer in answers} == {"application/health+json"}


async def test_ready_comes_back_by_itself() -> None:
    """Each probe asks anew; nothing is remembered."""
    organ = Organ(failing(Probe.READY))
    async with client(organ) as api:
        first = (await api.get("/health/ready")).status_code
        organ.current = (Check(name="broker", status=HealthStatus.PASS),)
        second = (await api.get("/health/ready")).status_code
    assert (first, second) == (503, 200)


async def test_the_details_name_every_check() -> None:
    """The full report has each check with its name, its sentence and its numbers."""
    check = Check(name="lag", status=HealthStatus.WARN, detail="Behind.", observed={"records": 7})
    async with client(Organ(check), Organ(check)) as api:
        body = (await api.get("/health")).json()
    entry = {"status": "warn", "output": "Behind.", "observedValue": {"records": 7}}
    assert body == {"status": "warn", "checks": {"lag": [entry, entry]}}


async def test_metrics_are_prometheus_text() -> None:
    """The registry is the service's own, and `claimwire_ready` follows the probe."""
    async with client(Organ()) as api:
        await api.get("/health/ready")
        answer = await api.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "claimwire_ready 1.0" in answer.text


async def test_info_tells_model_topics_and_limits() -> None:
    """Enough for a client to adapt itself."""
    async with client() as api:
        body = (await api.get("/v1/info")).json()
    assert body["model"]["sha256"] == "ab" * 32
    assert [(model["name"], model["languages"]) for model in body["models"]] == [("m", ["en"]), ("other", ["ru", "hy"])]
    assert body["topics"]["enriched"] == "articles.enriched"
    assert body["limits"]["body"] == 2_097_152
    assert body["roles"] == []


async def test_the_openapi_document_is_valid() -> None:
    """OpenAPI 3.1, by a validator that is not ours; every reference leads somewhere."""
    async with client() as api:
        document = (await api.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    openapi_spec_validator.validate(document)
    assert {"Article", "EnrichedArticle", "Problem", "Health"} <= document["components"]["schemas"].keys()


async def test_the_openapi_document_is_the_one_in_the_repository() -> None:
    """A change of the API is seen in review; `python tests/unit/api/test_health.py` writes the file anew."""
    async with client(settings=KEYED) as api:
        assert (await api.get("/openapi.json")).json() == json.loads(OPENAPI.read_text())


async def test_every_example_of_the_document_fits_its_schema() -> None:
    """What a reader copies is accepted: each example of a body is valid, line by line where it is lines."""
    document = json.loads(OPENAPI.read_text())
    examples = [
        (content["schema"], example, direction)
        for item in document["paths"].values()
        for operation in item.values()
        for direction, body in (
            ("in", operation.get("requestBody", {})),
            *(("out", answer) for answer in operation["responses"].values()),
        )
        for kind, content in body.get("content", {}).items()
        if "example" in content
        for example in (
            [{"lines": content["example"]}]
            if kind == "application/x-ndjson" and direction == "in"
            else [content["example"]]
        )
    ]
    assert len(examples) >= 5
    for schema, example, direction in examples:
        lines = direction == "in" and "lines" in example
        texts = [json.loads(line) for line in example["lines"].splitlines()] if lines else [example]
        wanted = {"$ref": "#/components/schemas/Article"} if lines else schema
        for text in texts:
            Draft202012Validator({**wanted, "components": document["components"]}).validate(text)


async def test_operations_name_the_methods_of_a_client() -> None:
    """Each operation has an id that reads well as a method, a server and who may call it."""
    document = json.loads(OPENAPI.read_text())
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    assert {operation["operationId"] for operation in operations} == {
        *("analyze", "postArticles", "postArticleBatch", "getArticleEvent", "findArticleEvent", "streamEvents"),
        *("findClaims", "findStances", "getSeries", "findEntities", "rankQuoted", "rankDisputed"),
        *("addWatch", "listWatches", "getWatch", "removeWatch"),
        *("getInfo", "getMetrics", "getHealth", "getLiveness", "getReadiness", "getStartup"),
    }
    assert document["servers"]
    assert document["security"] == []
    keyless = {operation["operationId"] for operation in operations if not any(operation.get("security", []))}
    assert keyless == {"getLiveness", "getReadiness", "getStartup"}


async def test_one_version_everywhere() -> None:
    """The reference, the info, both documents and the project's file name the same version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    async with client() as api:
        assert (await api.get("/v1/info")).json()["version"] == project
        assert (await api.get("/openapi.json")).json()["info"]["version"] == project
        assert f"claimwire {project}" in (await api.get("/docs")).text
    assert yaml.safe_load((ROOT / "schemas/asyncapi.yaml").read_text())["info"]["version"] == project


@pytest.mark.parametrize("path", ["/", "/app.js", "/docs", "/openapi.json", "/health/live", "/metrics", "/v1/info"])
async def test_head_answers_as_get_does_without_a_body(path: str) -> None:
    """Status and headers are those of GET; there is no body."""
    async with client() as api:
        got, head = await api.get(path), await api.head(path)
    assert head.status_code == got.status_code == 200
    assert head.headers["content-type"] == got.headers["content-type"]
    assert head.content == b""


async def test_head_of_a_route_without_get_is_not_allowed() -> None:
    """HEAD is not a way around what a route allows, and where there is GET, it is named among what is allowed."""
    async with client() as api:
        assert (await api.head("/v1/analyze")).status_code == 405
        assert (await api.post("/v1/info")).headers["allow"] == "GET, HEAD"


async def test_requests_are_counted_by_route_and_status() -> None:
    """The label is the route's pattern, whatever the path; requests without a route are counted as other."""
    metrics = Metrics()
    async with client(metrics=metrics) as api:
        for path in ("/v1/info", "/problems/nothing", "/a/b/c", "/d"):
            await api.get(path)
    value = metrics.registry.get_sample_value
    count = "claimwire_http_requests_total"
    assert value(count, {"method": "GET", "route": "/v1/info", "status": "200"}) == 1
    assert value(count, {"method": "GET", "route": "/problems/{code}", "status": "404"}) == 1
    assert value(count, {"method": "GET", "route": "other", "status": "404"}) == 2
    assert value("claimwire_http_request_seconds_count", {"method": "GET", "route": "/v1/info"}) == 1


async def test_usual_counters_exist_at_zero() -> None:
    """A service that has done nothing yet exposes its counters."""
    value = Metrics().registry.get_sample_value
    for outcome in ("enriched", "skipped", "retracted", "dead_letter"):
        assert value("claimwire_articles_total", {"outcome": outcome}) == 0
    assert value("claimwire_transactions_total", {"result": "committed"}) == 0
    assert value("claimwire_published_total", {"result": "accepted"}) == 0


async def test_the_reference_page_loads_nothing_from_elsewhere() -> None:
    """Readable without any script, and without asking another host for anything."""
    async with client() as api:
        page = await api.get("/docs")
        style = await api.get("/docs.css")
    assert "/v1/articles:batch" in page.text
    assert "<script" not in page.text
    assert "http" not in page.text.replace("https://example.org/news/", "").replace("https://hooks.example/", "")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert style.headers["content-type"].startswith("text/css")


async def test_the_contracts_are_served() -> None:
    """References of the AsyncAPI document resolve over HTTP as they do in the repository."""
    async with client() as api:
        document = await api.get("/schemas/asyncapi.yaml")
        schema = await api.get("/schemas/snapshots/enriched/1.json")
        beyond = await api.get("/schemas/../service/shutdown.py")
    assert document.text.startswith("asyncapi: 3.0.0")
    assert schema.json()["title"] == "EnrichedArticle"
    assert beyond.status_code == 404


async def test_docs_can_be_switched_off() -> None:
    """The reference pages can be switched off."""
    async with client(settings=Settings(api=ApiSettings(docs=False))) as api:
        for path in ("/docs", "/openapi.json", "/schemas/asyncapi.yaml"):
            assert (await api.get(path)).status_code == 404


async def test_cors_is_off_unless_origins_are_named() -> None:
    """A page of another site may call only where the operator allows it."""
    origin = {"origin": "https://desk.example"}
    async with client() as api:
        assert "access-control-allow-origin" not in (await api.get("/v1/info", headers=origin)).headers
    async with client(settings=Settings(api=ApiSettings(cors_origins=("https://desk.example",)))) as api:
        allowed = await api.get("/v1/info", headers=origin)
        other = await api.get("/v1/info", headers={"origin": "https://evil.example"})
    assert allowed.headers["access-control-allow-origin"] == "https://desk.example"
    assert "access-control-allow-origin" not in other.headers


async def write_openapi() -> None:
    """Write the served document into the repository."""
    async with client(settings=KEYED) as api:
        OPENAPI.write_text(json.dumps((await api.get("/openapi.json")).json(), indent=2) + "\n")


if __name__ == "__main__":
    asyncio.run(write_openapi())
