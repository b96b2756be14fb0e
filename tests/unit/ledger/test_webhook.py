"""Webhooks are signed as the specification has it, go to nobody who is not listed, and end in time."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from service.core.errors import ConfigurationError
from service.ledger.outbox import Delivery, Outcome
from service.ledger.webhook import Webhooks, secrets_of, signature
from service.settings.ledger import LedgerSettings
from tests.receiver import KEY, SECRET, Receiver

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """The service runs on asyncio alone."""
    return "asyncio"


def delivery(url: str) -> Delivery:
    """A match to be sent there."""
    return Delivery(
        id="d" * 32,
        watch_id="a" * 20,
        watch_name="Bridges",
        url=url,
        attempts=1,
        matched_at=datetime(2026, 3, 18, 9, 30, tzinfo=UTC),
        event_id="e" * 64,
        version=2,
        claim={"article_id": "a", "text": "The bridge is safe"},
    )


async def sent(url: str, *, origins: tuple[str, ...], seconds: float = 5.0, secret: str = SECRET) -> Outcome:
    """Send a match."""
    settings = LedgerSettings(webhook_origins=origins, webhook_secret=SecretStr(secret), webhook_timeout=seconds)
    return await Webhooks(settings).send(delivery(url))


def test_the_signature_is_that_of_the_reference_libraries() -> None:
    """Their test vector gives their signature."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signature([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_a_match_arrives_signed_by_every_secret() -> None:
    """The body is the event, and whoever has the new secret or the old one can verify it."""
    old = bytes(reversed(KEY))
    both = f"{SECRET}\n\n whsec_{base64.b64encode(old).decode()}\n"
    with Receiver() as receiver:
        outcome = await sent(f"{receiver.origin}/hook?team=a", origins=(receiver.origin,), secret=both)
    assert outcome.problem is None
    (request,) = receiver.received
    assert request.path == "/hook?team=a"
    assert request.id == "d" * 32
    assert request.is_signed()
    assert request.is_signed(old)
    assert not request.is_signed(b"another key, which nobody has here")
    assert request.headers["content-type"] == "application/json"
    assert request.body == (
        b'{"type":"claimwire.claim.matched.v1","timestamp":"2026-03-18T09:30:00Z","data":{"watch":{"id":"'
        + b"a" * 20
        + b'","name":"Bridges"},"event_id":"'
        + b"e" * 64
        + b'","version":2,"claim":{"article_id":"a","text":"The bridge is safe"}}}'
    )


@pytest.mark.parametrize(
    ("status", "fields", "gone", "wait"),
    [
        (500, {}, False, 0.0),
        (404, {}, False, 0.0),
        (429, {"Retry-After": "120"}, False, 120.0),
        (503, {"Retry-After": "99999999999"}, False, 3600.0),
        (503, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, False, 0.0),
        (410, {}, True, 0.0),
    ],
)
async def test_other_answers_are_failures(status: int, fields: dict[str, str], *, gone: bool, wait: float) -> None:
    """The problem names the status; 410 ends it, and a receiver may ask for time."""
    with Receiver(lambda _request: (status, fields)) as receiver:
        outcome = await sent(f"{receiver.origin}/", origins=(receiver.origin,))
    assert outcome.problem == f"The answer was HTTP {status}."
    assert (outcome.gone, outcome.wait) == (gone, wait)


async def test_a_redirect_is_not_followed() -> None:
    """An address that is not listed gets nothing from one that is."""
    with Receiver() as elsewhere:
        target = {"Location": f"{elsewhere.origin}/"}
        with Receiver(lambda _request: (307, target)) as receiver:
            outcome = await sent(f"{receiver.origin}/", origins=(receiver.origin,))
    assert outcome.problem == "The answer was HTTP 307."
    assert elsewhere.received == []


@pytest.mark.parametrize("behind", ["", "/", "/hook"])
async def test_nobody_else_is_sent_anything(behind: str) -> None:
    """Without a list, and beside it, nothing is connected."""
    with Receiver() as receiver:
        other = receiver.origin.replace("http:", "https:")
        for origins in ((), ("https://hooks.example",), (other,), ("http://127.0.0.1",)):
            outcome = await sent(receiver.origin + behind, origins=origins)
            assert outcome.problem == "Its origin is not on CLAIMWIRE_LEDGER__WEBHOOK_ORIGINS."
    assert receiver.received == []


Speaker = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(speak: Speaker) -> AsyncIterator[str]:
    """Listen on loopback, and speak as told to one caller, until that has left."""
    over = asyncio.Event()

    async def heard(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await speak(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
            over.set()

    listening = await asyncio.start_server(heard, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        await over.wait()


async def test_a_receiver_that_never_ends_is_left() -> None:
    """However slowly it drips header fields, the time is over when it is over."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while not writer.is_closing():
            writer.write(b"x: y\r\n")
            await asyncio.sleep(0.05)

    async with server(drip) as origin:
        outcome = await sent(f"{origin}/", origins=(origin,), seconds=0.5)
    assert outcome.problem == "No answer within 0.5 s."


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 2", b"SSH-2.0-OpenSSH_9\r\n\r\n", b"x" * 200_000])
async def test_what_is_no_answer_is_a_failure(said: bytes) -> None:
    """A connection that closes, and another protocol, are failures and no exceptions; nothing of them is repeated."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)

    async with server(speak) as origin:
        outcome = await sent(f"{origin}/", origins=(origin,))
    assert outcome.problem is not None
    assert outcome.problem.startswith("No answer: ")
    assert "SSH" not in outcome.problem


async def test_nobody_there_is_a_failure(free_tcp_port: int) -> None:
    """A port on which nobody listens."""
    origin = f"http://127.0.0.1:{free_tcp_port}"
    assert (await sent(f"{origin}/secret-path", origins=(origin,))).problem == "No answer: ConnectionRefusedError."


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "plain", f"{SECRET}\nwhsec_???", SECRET[6:]])
def test_a_secret_of_another_form_ends_the_start(secret: str) -> None:
    """The sentence names the setting or the line, and nothing of the secret."""
    settings = LedgerSettings(webhook_origins=("https://hooks.example",), webhook_secret=SecretStr(secret))
    with pytest.raises(ConfigurationError, match="secret") as caught:
        Webhooks(settings)
    assert "c2hvcnQ" not in str(caught.value)
    Webhooks(LedgerSettings())


def test_a_secret_comes_from_a_file_too(tmp_path: Path) -> None:
    """As orchestrators mount it."""
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    assert secrets_of(LedgerSettings(webhook_secret_file=file)) == [KEY]


@pytest.mark.parametrize(
    "origin", ["hooks.example", "https://hooks.example/", "https://u:p@hooks.example", "ftp://h", "*"]
)
def test_an_origin_of_another_form_is_refused(origin: str) -> None:
    """It is scheme, host and port."""
    with pytest.raises(ValidationError):
        LedgerSettings(webhook_origins=(origin,))
    assert LedgerSettings(webhook_origins=("HTTPS://Hooks.Example",)).webhook_origins == ("https://hooks.example",)
