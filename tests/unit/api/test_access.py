"""Who may do what: keys, scopes, rotation, OIDC tokens against a local issuer, rates and quotas."""

import json
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from service.api.access.auth import KeyRing, Scope, new_key, parse_keys
from service.api.access.oidc import OidcVerifier
from service.api.access.rates import Rates
from service.api.app import create_app
from service.api.live_view import LiveView
from service.api.problems import ProblemError
from service.api.server import uvicorn_options
from service.core.errors import ConfigurationError
from service.core.health import Check, HealthStatus, Part, Probe
from service.core.message import Message
from service.settings import ApiSettings, AuthSettings, Settings
from service.telemetry.metrics import Metrics

pytestmark = pytest.mark.anyio
ALL = frozenset(Scope)


@pytest.fixture
def anyio_backend() -> str:
    """The service runs on asyncio alone."""
    return "asyncio"


class Log:
    """A publisher that takes everything."""

    async def publish(self, _message: Message) -> tuple[int, int]:
        """Take it."""
        return 0, 0


@asynccontextmanager
async def client(*, parts: Sequence[Part] = (), **auth: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Speak to an application with these settings of `auth`."""
    app = create_app(
        settings=Settings(api=ApiSettings(auth=AuthSettings(**auth))),
        metrics=Metrics(),
        parts=parts,
        publisher=Log(),
        process=None,
        models=tuple,
        live=LiveView(max_articles=10, max_bytes=10_000),
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://api.example") as speaker:
        yield speaker


class Ailing:
    """A part that is not ready, and gives details that strangers should not see."""

    def checks(self) -> tuple[Check, ...]:
        """Return one check."""
        return (
            Check(
                name="group",
                status=HealthStatus.FAIL,
                fails=frozenset({Probe.READY}),
                detail="Broker 10.0.0.7 does not answer.",
                observed={"positions": {"0": 41}},
            ),
        )


def bearer(credentials: str) -> dict[str, str]:
    """Return the header that carries these."""
    return {"authorization": f"Bearer {credentials}"}


ARTICLE = {"id": "a", "body": "b"}


@pytest.mark.parametrize(
    ("scopes", "statuses"),
    [
        (frozenset({Scope.WRITE}), (202, 403, 403)),
        (frozenset({Scope.READ}), (403, 200, 403)),
        (frozenset({Scope.METRICS}), (403, 403, 200)),
        (ALL, (202, 200, 200)),
    ],
)
async def test_a_key_may_do_what_its_scopes_say(scopes: frozenset[Scope], statuses: tuple[int, ...]) -> None:
    """Each endpoint asks for one scope, and no scope holds another."""
    key, line = new_key("desk", scopes)
    async with client(keys=line) as api:
        answers = [
            await api.post("/v1/articles", json=ARTICLE, headers=bearer(key)),
            await api.get("/v1/info", headers=bearer(key)),
            await api.get("/metrics", headers=bearer(key)),
        ]
    assert tuple(answer.status_code for answer in answers) == statuses


@pytest.mark.parametrize("wrong", ["", "cw_desk_", "cw_other_x", "cw_desk_wrong", "x", "cw_", "ü", "Basic eDp5"])
async def test_without_a_valid_key_there_is_401(wrong: str) -> None:
    """The challenge says what is required, and not which part was wrong."""
    _key, line = new_key("desk", ALL)
    headers = {"authorization": f"Bearer {wrong}".encode()} if wrong else {}
    async with client(keys=line) as api:
        answer = await api.post("/v1/articles", json=ARTICLE, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "detail" not in answer.json()


async def test_health_needs_no_key() -> None:
    """Orchestrators have none."""
    _key, line = new_key("desk", ALL)
    async with client(keys=line) as api:
        assert (await api.get("/health/live")).status_code == 200


async def test_details_of_health_need_the_scope() -> None:
    """Strangers, wrong keys and other scopes get one word: neither positions nor what a broker said."""
    operator, first = new_key("operator", frozenset({Scope.METRICS}))
    desk, second = new_key("desk", frozenset({Scope.READ, Scope.WRITE}))
    async with client(keys=f"{first}\n{second}", parts=[Ailing()]) as api:
        for path in ("", "/live", "/ready", "/startup"):
            for headers in ({}, bearer("cw_desk_wrong"), bearer(desk)):
                answer = await api.get(f"/health{path}", headers=headers)
                expected = {"": "fail", "/ready": "fail"}.get(path, "pass")
                assert answer.json() == {"status": expected}
                assert answer.status_code == (503 if expected == "fail" else 200)
        told = (await api.get("/health", headers=bearer(operator))).json()
    assert told["checks"]["group"][0]["output"] == "Broker 10.0.0.7 does not answer."


async def test_a_file_of_keys_is_read_again_when_it_changes(tmp_path: Path) -> None:
    """Rotation: the new key holds beside the old one, then the old one goes, all without a restart."""
    file = tmp_path / "keys"
    old, old_line = new_key("desk", ALL)
    new, new_line = new_key("desk", ALL)
    file.write_text(f"# the desk's\n{old_line}\n")
    ring = KeyRing(file=file)
    assert await ring.verify(old) == ("desk", ALL)
    assert await ring.verify(new) is None
    file.write_text(f"{old_line}\n{new_line}\n")
    assert await ring.verify(old) is not None
    assert await ring.verify(new) is not None
    file.write_text(f"{new_line}\n\n")
    assert await ring.verify(old) is None
    assert await ring.verify(new) is not None


async def test_a_broken_file_keeps_the_keys_that_hold(tmp_path: Path) -> None:
    """A typing error in the file locks nobody out while the service runs, but stops the next start."""
    file = tmp_path / "keys"
    key, line = new_key("desk", ALL)
    file.write_text(line)
    ring = KeyRing(file=file)
    file.write_text(line + "\nnonsense\n")
    assert await ring.verify(key) is not None
    with pytest.raises(ConfigurationError, match="line 2"):
        KeyRing(file=file)


async def test_an_expired_key_does_not_hold() -> None:
    """The last day is the one in the line."""
    yesterday, line = new_key("desk", ALL, expires=datetime.now(UTC).date() - timedelta(days=1))
    today, other = new_key("desk", ALL, expires=datetime.now(UTC).date() + timedelta(days=1))
    ring = KeyRing(text=f"{line}\n{other}")
    assert await ring.verify(yesterday) is None
    assert await ring.verify(today) is not None


def test_what_is_stored_does_not_give_the_key_away() -> None:
    """A salted hash: the secret is not in the line, and two keys of the same id share nothing."""
    key, line = new_key("desk", ALL, expires=date(2030, 1, 1))
    assert key.split("_", 2)[2] not in line
    assert line.split(":")[2] != new_key("desk", ALL)[1].split(":")[2]
    assert line.endswith(":2030-01-01")


@pytest.mark.parametrize(
    "line",
    ["x", "desk:write:00:00", "desk:fly:" + "0" * 32 + ":" + "0" * 64, "Desk:write:" + "0" * 32 + ":" + "0" * 64],
)
def test_a_line_of_another_form_is_refused_without_being_repeated(line: str) -> None:
    """The message names the line by its number: the line itself may be a secret in the wrong place."""
    with pytest.raises(ConfigurationError) as caught:
        parse_keys(f"\n{line}")
    assert "line 2" in str(caught.value)
    assert line not in str(caught.value).replace("id:scopes:salt:sha256[:date]", "")


class Issuer:
    """An identity provider on loopback: discovery, keys, and tokens."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {"k1": rsa.generate_private_key(public_exponent=65_537, key_size=2_048)}
        self.asked = 0
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked += 1
                answers = {
                    "/.well-known/openid-configuration": {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/jwks"},
                    "/jwks": {"keys": [issuer.public(kid) for kid in issuer.keys]},
                }
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(answers[self.path]).encode())

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def public(self, kid: str) -> dict[str, Any]:
        """Return a public key as a JWK."""
        key = self.keys[kid]
        algorithm = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
        return algorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": kid, "use": "sig"}

    def token(self, kid: str = "k1", algorithm: str = "RS256", key: Any = None, **changes: Any) -> str:
        """Return a signed token; a claim of None is left out."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": "claimwire", "sub": "ana", "exp": now + 60, "scope": "openid claimwire:write"}
        claims = {name: value for name, value in (claims | changes).items() if value is not None}
        return jwt.encode(claims, key or self.keys[kid], algorithm=algorithm, headers={"kid": kid})


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """A local issuer."""
    made = Issuer()
    yield made
    made.server.shutdown()
    made.server.server_close()


async def test_a_token_of_the_issuer_is_taken(issuer: Issuer) -> None:
    """Its scopes decide as a key's do; the issuer is asked once, not for each request."""
    async with client(oidc_issuer=issuer.url, oidc_audience="claimwire") as api:
        for _ in range(5):
            assert (await api.post("/v1/articles", json=ARTICLE, headers=bearer(issuer.token()))).status_code == 202
        assert (await api.get("/v1/info", headers=bearer(issuer.token()))).status_code == 403
        granted = issuer.token(scope=None, scp=["claimwire:read"])
        assert (await api.get("/v1/info", headers=bearer(granted))).status_code == 200
    assert issuer.asked == 2


async def test_a_token_that_does_not_hold_is_refused(issuer: Issuer) -> None:
    """Tokens with another audience or issuer, expired, unsigned, signed by another key, or by a shared secret."""
    other = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    tokens = [
        issuer.token(aud="another"),
        issuer.token(iss="https://evil.example"),
        issuer.token(exp=int(time.time()) - 3_600),
        issuer.token(exp=None),
        issuer.token(sub=None),
        issuer.token(key=other),
        issuer.token(kid="unknown", key=other),
        jwt.encode({"iss": issuer.url, "aud": "claimwire", "sub": "x"}, None, algorithm="none", headers={"kid": "k1"}),
        issuer.token(key="k" * 64, algorithm="HS256"),
        issuer.token()[:-4] + "AAAA",
        "a.b.c",
    ]
    verifier = OidcVerifier(issuer=issuer.url, audience="claimwire", scope_prefix="claimwire:")
    assert [await verifier.verify(token) for token in tokens] == [None] * len(tokens)


async def test_a_new_key_of_the_issuer_is_found(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown key id has the keys fetched again, but not more often than every few seconds."""
    verifier = OidcVerifier(issuer=issuer.url, audience="claimwire", scope_prefix="claimwire:")
    assert await verifier.verify(issuer.token()) is not None
    issuer.keys["k2"] = ec.generate_private_key(ec.SECP256R1())
    assert await verifier.verify(issuer.token("k2", "ES256")) is None
    assert issuer.asked == 2
    monkeypatch.setattr("service.api.access.oidc.RETRY", 0.0)
    assert await verifier.verify(issuer.token("k2", "ES256")) == ("oidc:ana", frozenset({Scope.WRITE}))


async def test_an_issuer_that_is_gone_refuses_everybody(issuer: Issuer) -> None:
    """Without the issuer no token is accepted; the service itself goes on."""
    token = issuer.token()
    issuer.server.shutdown()
    issuer.server.server_close()
    verifier = OidcVerifier(issuer=issuer.url, audience="claimwire", scope_prefix="claimwire:")
    assert await verifier.verify(token) is None


@pytest.mark.parametrize("url", ["http://id.example", "ftp://id.example", "id.example"])
def test_an_issuer_without_tls_is_refused(url: str) -> None:
    """Anybody could replace its keys."""
    with pytest.raises(ConfigurationError, match="https"):
        OidcVerifier(issuer=url, audience="a", scope_prefix="")


def test_a_bucket_refills() -> None:
    """Bursts and sustained rates are limited, for each key separately."""
    now = [0.0]
    rates = Rates(rate=2.0, burst=3, daily=None, monotonic=lambda: now[0])
    for _ in range(3):
        rates.take("a")
    with pytest.raises(ProblemError) as caught:
        rates.take("a")
    assert (caught.value.code, caught.value.headers["Retry-After"]) == ("rate-limited", "1")
    rates.take("b")
    now[0] = 0.5
    rates.take("a")


def test_a_quota_ends_at_midnight() -> None:
    """A refused request does not count; days are UTC."""
    now = [datetime(2026, 3, 1, 23, 59, tzinfo=UTC)]
    rates = Rates(rate=1.0, burst=1, daily=10, now=lambda: now[0])
    rates.spend("a", 8)
    with pytest.raises(ProblemError) as caught:
        rates.spend("a", 3)
    assert (caught.value.code, caught.value.headers["Retry-After"]) == ("quota-exceeded", "60")
    rates.spend("a", 2)
    now[0] += timedelta(minutes=2)
    rates.spend("a", 10)


async def test_a_key_that_asks_too_often_gets_429() -> None:
    """Retry-After says how long to wait; another key is not held up."""
    key, line = new_key("one", ALL)
    other, more = new_key("two", ALL)
    async with client(keys=f"{line}\n{more}", rate=0.5, burst=2, daily_articles=1) as api:
        codes = [(await api.get("/v1/info", headers=bearer(key))).status_code for _ in range(3)]
        assert codes == [200, 200, 429]
        first = await api.post("/v1/articles", json=ARTICLE, headers=bearer(other))
        second = await api.post("/v1/articles", json=ARTICLE, headers=bearer(other))
    assert first.status_code == 202
    assert (second.status_code, second.json()["code"]) == (429, "quota-exceeded")
    assert int(second.headers["retry-after"]) > 0


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org"])  # noqa: S104  # that is the test
def test_without_keys_only_loopback_is_listened_on(host: str) -> None:
    """A forgotten setting does not open the service to the network."""
    with pytest.raises(ConfigurationError, match="loopback"):
        uvicorn_options(ApiSettings(host=host))
    _key, line = new_key("desk", ALL)
    assert uvicorn_options(ApiSettings(host=host, auth=AuthSettings(keys=line)))["host"] == host


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.1.2.3"])
def test_loopback_needs_no_keys(host: str) -> None:
    """To try it out, nothing has to be set."""
    assert uvicorn_options(ApiSettings(host=host))["host"] == host
