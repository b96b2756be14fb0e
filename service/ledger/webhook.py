"""A match as a webhook: signed and sent as the Standard Webhooks specification has it (version 1.0.0).

The signature is HMAC-SHA256 over `id.timestamp.body`, one for each secret, so that a secret can be changed while
receivers still know the old one. 2xx is success; 410 says that the receiver wants no more; a redirect is a failure.
"""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

import h11
import orjson

from service.core.errors import ConfigurationError
from service.core.watches import MATCHED_TYPE, origin_of
from service.http_client import post
from service.ledger.outbox import Delivery, Outcome
from service.settings.ledger import LedgerSettings
from service.streaming.secret_files import secret

_PREFIX: Final = "whsec_"
_LEAST_BYTES: Final = 24
_MOST_BYTES: Final = 64
_LONGEST_WAIT: Final = 3_600.0  # seconds that a Retry-After is followed for


def secrets_of(settings: LedgerSettings) -> list[bytes]:
    """Return the secrets, the first that are to be signed with first.

    Raises:
        ConfigurationError: there is none, the file cannot be read, or a line is of another form.
    """
    text = secret(settings.webhook_secret, settings.webhook_secret_file) or ""
    found = [_decoded(line.strip(), number) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not found:
        raise ConfigurationError(
            "CLAIMWIRE_LEDGER__WEBHOOK_ORIGINS needs a secret to sign with: CLAIMWIRE_LEDGER__WEBHOOK_SECRET or "
            "CLAIMWIRE_LEDGER__WEBHOOK_SECRET_FILE."
        )
    return found


def signature(secrets: Sequence[bytes], delivery_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of the header `webhook-signature`."""
    signed = b".".join((delivery_id.encode(), str(timestamp).encode(), body))
    digests = (hmac.digest(each, signed, hashlib.sha256) for each in secrets)
    return " ".join(f"v1,{base64.b64encode(each).decode()}" for each in digests)


def data_of(delivery: Delivery) -> dict[str, object]:
    """Return what a match says, the same over a webhook and in the topic."""
    return {
        "watch": {"id": delivery.watch_id, "name": delivery.watch_name},
        "event_id": delivery.event_id,
        "version": delivery.version,
        "claim": delivery.claim,
    }


class Webhooks:
    """Sends matches to their webhooks, and to nobody who is not on the list.

    Args:
        settings: The list, the secrets and how long a receiver may take.

    Raises:
        ConfigurationError: there is a list and no secret.
    """

    def __init__(self, settings: LedgerSettings) -> None:
        self._settings = settings
        self._origins = frozenset(settings.webhook_origins)
        if self._origins:
            secrets_of(settings)

    async def send(self, delivery: Delivery) -> Outcome:
        """Send one; what fails is an outcome too."""
        url = delivery.url or ""
        if origin_of(url) not in self._origins:
            return Outcome(delivery=delivery, problem="Its origin is not on CLAIMWIRE_LEDGER__WEBHOOK_ORIGINS.")
        event = {"type": MATCHED_TYPE, "timestamp": delivery.matched_at, "data": data_of(delivery)}
        body = orjson.dumps(event, option=orjson.OPT_UTC_Z)
        timestamp = int(time.time())
        try:
            headers = {
                "Content-Type": "application/json",
                "User-Agent": "claimwire",
                "webhook-id": delivery.id,
                "webhook-timestamp": str(timestamp),
                "webhook-signature": signature(secrets_of(self._settings), delivery.id, timestamp, body),
            }
            head = await post(url, body, headers, timeout=self._settings.webhook_timeout)
        except TimeoutError:
            return Outcome(delivery=delivery, problem=f"No answer within {self._settings.webhook_timeout:g} s.")
        except ConfigurationError as error:
            return Outcome(delivery=delivery, problem=str(error))
        except (OSError, h11.ProtocolError) as error:  # whose texts may name the address
            return Outcome(delivery=delivery, problem=f"No answer: {type(error).__name__}.")
        if HTTPStatus.OK <= head.status < HTTPStatus.MULTIPLE_CHOICES:
            return Outcome(delivery=delivery)
        gone = head.status == HTTPStatus.GONE
        wait = _seconds(head.fields.get("retry-after"))
        return Outcome(delivery=delivery, problem=f"The answer was HTTP {head.status}.", gone=gone, wait=wait)


def _decoded(line: str, number: int) -> bytes:
    try:
        found = base64.b64decode(line.removeprefix(_PREFIX), validate=True) if line.startswith(_PREFIX) else b""
    except binascii.Error:
        found = b""
    if not _LEAST_BYTES <= len(found) <= _MOST_BYTES:
        raise ConfigurationError(
            f"The secret of webhooks, line {number}: not {_PREFIX} and {_LEAST_BYTES} to {_MOST_BYTES} bytes in base64."
        )
    return found


def _seconds(retry_after: str | None) -> float:
    """Return a Retry-After that is given in seconds; a date is passed over, since clocks differ."""
    if retry_after is None or not retry_after.isascii() or not retry_after.isdigit():
        return 0.0
    return min(float(retry_after), _LONGEST_WAIT)
