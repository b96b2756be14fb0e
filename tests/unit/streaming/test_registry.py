"""The client of the schema registry, against a server with Confluent's API over real HTTP."""

import asyncio
import base64
import socket
import ssl
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from schemas.enriched import ENRICHED_TYPE, RETRACTED_TYPE, SKIPPED_TYPE
from service.core.errors import ConfigurationError, RegistryUnavailableError
from service.core.message import Message
from service.settings import RegistrySettings
from service.streaming.schema_registry.framing import HEADER, SchemaId, as_it_is, unframed, with_header, with_prefix
from service.streaming.schema_registry.registry import SchemaRegistry
from tests.behaviour.registries import RegistryBehaviour
from tests.behaviour.registry import Registry, running

TOPIC = "articles.enriched"
TYPES = (ENRICHED_TYPE, RETRACTED_TYPE, SKIPPED_TYPE)
EVENT = Message(topic=TOPIC, key=b"a", value=b'{"article":1}', headers=(("ce_type", RETRACTED_TYPE.encode()),))


def started(registry: Registry, **settings: Any) -> SchemaRegistry:
    """Return our side of the registry, after its start."""
    ours = SchemaRegistry(RegistrySettings(**({"url": registry.address} | settings)), topic=TOPIC)
    asyncio.run(ours.start())
    return ours


class TestRegistry(RegistryBehaviour):
    """Every behaviour, with either framing."""

    @pytest.fixture
    def address(self) -> Iterator[str]:
        """A registry of its own."""
        with running() as registry:
            yield registry.address

    @pytest.fixture(params=["header", "prefix"])
    def framing(self, request: pytest.FixtureRequest) -> str:
        """The framing under test."""
        return str(request.param)


def test_the_header_holds_the_guid() -> None:
    """Header framing adds a byte 1 and sixteen of the GUID, and leaves value and headers as they are."""
    with running() as registry:
        framed = started(registry).frame(EVENT)
        (number,) = registry.subjects[f"{TOPIC}-value"]
        assert framed.value == EVENT.value
        assert framed.headers == (*EVENT.headers, (HEADER, b"\x01" + registry.guid(number).bytes))
        assert HEADER == "__value_schema_id"


def test_the_prefix_holds_the_id() -> None:
    """Prefix framing puts a byte 0 and four of the id before the value, and needs no GUID."""
    with running(guids=False) as registry:
        framed = started(registry, framing="prefix").frame(EVENT)
        (number,) = registry.subjects[f"{TOPIC}-value"]
        assert framed.value == bytes([0, 0, 0, 0, number]) + (EVENT.value or b"")
        assert framed.headers == EVENT.headers


def test_only_events_are_framed() -> None:
    """Dead letters are not framed, and nothing is framed without a registry."""
    letter = Message(topic="articles.dead-letter", key=b"a", value=b"\xff", headers=())
    with running() as registry:
        assert started(registry, framing="prefix").frame(letter) == letter
    assert as_it_is(EVENT) == EVENT


def test_an_event_of_no_registered_type_is_not_written() -> None:
    """An unregistered type is a bug of the service, and is not sent unframed."""
    stranger = Message(topic=TOPIC, key=b"a", value=b"{}", headers=(("ce_type", b"other.v1"),))
    with running() as registry, pytest.raises(RuntimeError, match="not registered"):
        started(registry).frame(stranger)


def test_the_registry_is_asked_once() -> None:
    """Framing makes no request: ids are kept from the start, and the registry may be gone."""
    with running() as registry:
        ours = started(registry)
    assert len(registry.asked) == 1
    for kind in TYPES:
        event = Message(topic=TOPIC, key=b"a", value=b"{}", headers=(("ce_type", kind.encode()),))
        assert ours.frame(event).header(HEADER) is not None
    assert len(registry.asked) == 1


def test_the_password_and_the_token_are_sent(tmp_path: Path) -> None:
    """Basic and bearer credentials reach the registry, from a variable or a file; without them it refuses us."""
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    basic = "Basic " + base64.b64encode(b"me:s3cret").decode()
    with running(authorization=basic) as registry:
        started(registry, username="me", password=SecretStr("s3cret"))
        started(registry, username="me", password_file=secret)
        with pytest.raises(ConfigurationError, match=r"refuses us .* \(401\)") as caught:
            started(registry, username="me", password=SecretStr("wr0ng"))
        assert "wr0ng" not in str(caught.value)
    with running(authorization="Bearer s3cret") as registry:
        started(registry, token_file=secret)
        started(registry, token=SecretStr("s3cret"))


def test_an_incompatible_schema_is_one_sentence() -> None:
    """409 names the subject and the compatibility that our events keep, and repeats nothing of the schema."""
    with running(frozen=True) as registry, pytest.raises(ConfigurationError, match="FORWARD_TRANSITIVE") as caught:
        started(registry)
    assert f"{TOPIC}-value" in str(caught.value)
    assert "$defs" not in str(caught.value)


def test_a_registry_without_guids_cannot_frame_by_header() -> None:
    """The error says which setting to change."""
    with running(guids=False) as registry, pytest.raises(ConfigurationError, match="FRAMING=prefix"):
        started(registry)


def test_a_certificate_of_a_stranger_is_refused(tmp_path: Path) -> None:
    """Over https the registry must prove who it is, to the system's authorities or to the one that is set."""
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
            ),
            *("-subj", "/CN=registry", "-addext", "subjectAltName=IP:127.0.0.1", "-out", certificate, "-keyout", key),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    with running(tls=context) as registry:
        with pytest.raises(RegistryUnavailableError, match=r"CERTIFICATE_VERIFY_FAILED"):
            started(registry, username="me", password=SecretStr("s3cret"))
        assert not registry.asked
        started(registry, username="me", password=SecretStr("s3cret"), ca_file=certificate)
        assert len(registry.asked) == 1


def test_a_redirect_is_not_followed() -> None:
    """The service connects to what is configured and to nothing else."""
    with running() as elsewhere, running(answer=(307, {"Location": f"{elsewhere.address}/"}, b"")) as registry:
        with pytest.raises(ConfigurationError, match="answers 307"):
            started(registry)
        assert not elsewhere.asked


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor to a proxy that the settings do not name."""
    with running(answer=(502, {}, b"")) as proxy, running() as registry:
        monkeypatch.setenv("http_proxy", proxy.address)
        monkeypatch.delenv("no_proxy", raising=False)
        started(registry)
        assert not proxy.asked


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"id": "x"}', b'{"id": 1, "guid": "x"}', b"\xff"])
def test_what_is_no_registry_is_said_to_be_none(body: bytes) -> None:
    """An answer of another shape is an error of configuration, not a crash."""
    with running(answer=(200, {}, body)) as registry, pytest.raises(ConfigurationError, match="not a schema registry"):
        started(registry)


def test_a_registry_in_trouble_may_recover() -> None:
    """A 500 is not reported as a wrong setting."""
    with running(answer=(500, {}, b"")) as registry, pytest.raises(RegistryUnavailableError, match="answers 500"):
        started(registry)


def test_silence_ends_in_time_and_leaves_the_loop_free() -> None:
    """A registry that accepts the connection and stays silent fails the start after the timeout; the loop runs on."""

    async def run() -> int:
        ticks = 0
        ours = SchemaRegistry(RegistrySettings(url=address, timeout=0.3), topic=TOPIC)
        task = asyncio.create_task(ours.start())
        while not task.done():
            await asyncio.sleep(0.01)
            ticks += 1
        with pytest.raises(RegistryUnavailableError, match="No schema registry answered"):
            await task
        return ticks

    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert asyncio.run(run()) > 5


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"url": "registry:8081"}, "must be an http or https address"),
        ({"url": "https://me:pass@registry:8081"}, "without credentials"),
        ({"url": "http://registry:8081", "username": "me", "password": "x"}, "must be https"),
        ({"url": "http://registry:8081", "token": "x"}, "must be https"),
        ({"url": "https://registry:8081", "username": "me"}, "both or neither"),
        ({"url": "https://registry:8081", "username": "me", "password": "x", "token": "x"}, "a user or a token"),
        ({"url": "https://registry:8081", "token_file": "/nowhere/token"}, "secret file"),
        ({"url": "https://registry:8081", "ca_file": "/nowhere/ca.pem"}, "CA file"),
        ({"url": "https://registry:8081", "username": "me", "token_file": "/nowhere/token"}, "a user or a token"),
    ],
)
def test_settings_that_do_not_fit_are_refused_at_once(settings: dict[str, Any], fault: str) -> None:
    """A wrong setting is one sentence before anything is asked, and no credential leaves in the clear."""
    with pytest.raises(ConfigurationError, match=fault):
        SchemaRegistry(RegistrySettings(**settings), topic=TOPIC)


def test_the_service_does_not_start_without_its_registry() -> None:
    """`serve` ends with the one sentence, before the model is loaded or a group joined."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    run = subprocess.run(
        [sys.executable, "-m", "service", "serve", "--role", "worker"],
        env={"CLAIMWIRE_REGISTRY__URL": f"http://127.0.0.1:{port}", "CLAIMWIRE_API__PORT": "0"},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 1
    (line,) = [line for line in run.stderr.splitlines() if "No schema registry answered" in line]
    assert "CLAIMWIRE_REGISTRY__URL" in line
    assert "Traceback" not in run.stderr
    assert "model.ready" not in run.stderr


def test_a_frame_comes_off_as_it_went_on() -> None:
    """Our own readers take values with a prefix and without, and leave tombstones and odd bytes alone."""
    known = SchemaId(number=70_000, guid=uuid.UUID(int=1))
    assert with_prefix(EVENT, known).value == b"\x00\x00\x01\x11\x70" + (EVENT.value or b"")
    assert unframed(with_prefix(EVENT, known).value) == EVENT.value
    assert unframed(with_header(EVENT, known).value) == EVENT.value
    tombstone = Message(topic=TOPIC, key=b"a", value=None, headers=())
    assert with_prefix(tombstone, known) == tombstone
    assert [unframed(value) for value in (None, b"", b"\x00", b"\x00\x00\x00\x00\x01")] == [
        None,
        b"",
        b"\x00",
        b"\x00\x00\x00\x00\x01",
    ]
