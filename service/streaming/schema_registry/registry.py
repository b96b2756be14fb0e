"""A schema registry, if there is one: every event type's schema is known to it before the first event is written.

It is asked when the service starts and not again: the ids are kept, so that a registry may be down later.
The API is Confluent's, which Karapace, Redpanda and Apicurio speak too.
"""

import asyncio
import base64
import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from http.client import HTTPException
from typing import Any, Final

from schemas.enriched import ENRICHED_TYPE, RETRACTED_TYPE, SKIPPED_TYPE
from schemas.export import schema
from service.core.errors import ConfigurationError, RegistryUnavailableError
from service.core.message import Message
from service.http_client import opener_without_redirects
from service.settings.registry import RegistrySettings
from service.streaming.schema_registry.framing import SchemaId, with_header, with_prefix
from service.streaming.secret_files import secret
from service.telemetry.logs import logger

_TYPES: Final = {"enriched": ENRICHED_TYPE, "retracted": RETRACTED_TYPE, "skipped": SKIPPED_TYPE}
_CONTENT_TYPE: Final = "application/vnd.schemaregistry.v1+json"
_MOST_BYTES: Final = 1_048_576
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")

log = logger("claimwire.registry")


class SchemaRegistry:
    """Registers the schemas of one output topic, and frames its events.

    Three event types share the topic. Under TopicNameStrategy one subject, `{topic}-value`, has a schema that is any of
    them, since three in one subject would be incompatible versions of each other; under TopicRecordNameStrategy each
    type has a subject of its own, `{topic}-{title of the schema}`.

    Raises:
        ConfigurationError: the address or the credentials cannot be used.
    """

    def __init__(self, settings: RegistrySettings, *, topic: str) -> None:
        self._settings = settings
        self._topic = topic
        self._ids: dict[bytes, SchemaId] = {}
        self._address = _checked_address(settings)
        self._authorization = _authorization(settings)
        self._opener = _opener(settings)

    async def start(self) -> None:
        """Register the schemas, or look them up where `auto_register` is off.

        Raises:
            RegistryUnavailableError: no answer, or not in time.
            ConfigurationError: the registry refuses us or a schema, does not have it, or gives no GUIDs.
        """
        ids: dict[bytes, SchemaId] = {}
        for subject, body, event_types in self._subjects():
            found = await self._ask(subject, json.dumps(body, ensure_ascii=False))
            if found.guid is None and self._settings.framing == "header":
                raise ConfigurationError(
                    f"The schema registry at {self._address} gives no GUIDs, which header framing needs: "
                    "set CLAIMWIRE_REGISTRY__FRAMING=prefix."
                )
            ids |= {event_type.encode(): found for event_type in event_types}
            log.info("registry.schema", subject=subject, id=found.number)
        self._ids = ids

    def frame(self, message: Message) -> Message:
        """Return the record marked with its schema. What is not an event of the output topic stays as it is.

        Raises:
            RuntimeError: `start` is not through, or the event's type has no schema here.
        """
        if message.topic != self._topic:
            return message
        found = self._ids.get(message.header("ce_type") or b"")
        if found is None:
            raise RuntimeError("an event was framed whose schema was not registered")
        return (with_header if self._settings.framing == "header" else with_prefix)(message, found)

    def _subjects(self) -> Iterator[tuple[str, Mapping[str, Any], Iterable[str]]]:
        """Give each subject, its schema, and the event types that are written by it."""
        if self._settings.subjects == "TopicNameStrategy":
            yield f"{self._topic}-value", schema("event"), _TYPES.values()
            return
        for document, event_type in _TYPES.items():
            body = schema(document)
            yield f"{self._topic}-{body['title']}", body, (event_type,)

    async def _ask(self, subject: str, text: str) -> SchemaId:
        place = f"/subjects/{urllib.parse.quote(subject, safe='')}"
        if self._settings.auto_register:
            place += "/versions"
        body = json.dumps({"schemaType": "JSON", "schema": text}).encode()
        try:
            async with asyncio.timeout(self._settings.timeout):
                answer = await asyncio.to_thread(self._post, place, body)
            number, guid = answer["id"], answer.get("guid")
            return SchemaId(number=int(number), guid=None if guid is None else uuid.UUID(guid))
        except urllib.error.HTTPError as error:
            raise self._refusal(error, subject) from None
        except (OSError, HTTPException) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            raise RegistryUnavailableError(
                f"No schema registry answered at {self._address} ({str(reason) or type(reason).__name__}); see that it "
                "runs, or unset CLAIMWIRE_REGISTRY__URL."
            ) from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ConfigurationError(
                f"What answers at {self._address} is not a schema registry; correct CLAIMWIRE_REGISTRY__URL."
            ) from None

    def _post(self, place: str, body: bytes) -> Any:
        headers = {"Content-Type": _CONTENT_TYPE, "Accept": f"{_CONTENT_TYPE}, application/json"}
        request = urllib.request.Request(self._address + place, data=body, headers=headers)  # noqa: S310  # checked
        if self._authorization is not None:
            request.add_header("Authorization", self._authorization)
        with self._opener.open(request, timeout=self._settings.timeout) as answer:
            return json.loads(answer.read(_MOST_BYTES))

    def _refusal(self, error: urllib.error.HTTPError, subject: str) -> ConfigurationError | RegistryUnavailableError:
        """Say what a status means. The registry's own message is not told: it may repeat a schema of pages."""
        with error:
            where = f"The schema registry at {self._address}"
            match error.code:
                case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
                    return ConfigurationError(
                        f"{where} refuses us the subject {subject} ({error.code}): correct "
                        "CLAIMWIRE_REGISTRY__USERNAME and its password, or CLAIMWIRE_REGISTRY__TOKEN, or what they "
                        "may do there."
                    )
                case HTTPStatus.CONFLICT:
                    return ConfigurationError(
                        f"{where} holds our schema to be incompatible with the subject {subject}: set the subject's "
                        "compatibility to FORWARD_TRANSITIVE, which is what our events keep (docs/delivery.md)."
                    )
                case HTTPStatus.NOT_FOUND if not self._settings.auto_register:
                    return ConfigurationError(
                        f"{where} does not have our schema under the subject {subject}: register it there, or set "
                        "CLAIMWIRE_REGISTRY__AUTO_REGISTER=true."
                    )
                case code if code >= HTTPStatus.INTERNAL_SERVER_ERROR or code == HTTPStatus.TOO_MANY_REQUESTS:
                    return RegistryUnavailableError(
                        f"{where} answers {code} for the subject {subject}: see its log, or what docs/delivery.md says "
                        "of registries that cannot compare schemas, and start again."
                    )
                case code:
                    return ConfigurationError(
                        f"{where} answers {code} to the schema of the subject {subject}; see that "
                        "CLAIMWIRE_REGISTRY__URL is right and that it takes JSON Schema 2020-12."
                    )


def _opener(settings: RegistrySettings) -> urllib.request.OpenerDirector:
    """Build what connects to the registry and to nothing else: no redirect is followed, no proxy of the environment."""
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        raise ConfigurationError(
            f"The schema registry's CA file {settings.ca_file} cannot be read: {error}; correct "
            "CLAIMWIRE_REGISTRY__CA_FILE."
        ) from error
    return opener_without_redirects(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))


def _checked_address(settings: RegistrySettings) -> str:
    parts = urllib.parse.urlsplit(settings.url or "")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ConfigurationError(
            "CLAIMWIRE_REGISTRY__URL must be an http or https address without credentials or a query, such as "
            "https://registry:8081."
        )
    credentials = any(each is not None for each in (settings.username, settings.token, settings.token_file))
    if credentials and parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ConfigurationError("CLAIMWIRE_REGISTRY__URL must be https where credentials are sent to it.")
    return parts.geturl().rstrip("/")


def _authorization(settings: RegistrySettings) -> str | None:
    if settings.token is not None or settings.token_file is not None:
        if settings.username is not None:
            raise ConfigurationError(
                "The schema registry takes a user or a token: unset CLAIMWIRE_REGISTRY__USERNAME or "
                "CLAIMWIRE_REGISTRY__TOKEN and CLAIMWIRE_REGISTRY__TOKEN_FILE."
            )
        return f"Bearer {secret(settings.token, settings.token_file)}"
    password = secret(settings.password, settings.password_file)
    if (settings.username is None) != (password is None):
        raise ConfigurationError(
            "The schema registry needs both or neither of CLAIMWIRE_REGISTRY__USERNAME and a password: "
            "CLAIMWIRE_REGISTRY__PASSWORD or CLAIMWIRE_REGISTRY__PASSWORD_FILE."
        )
    if settings.username is None:
        return None
    return "Basic " + base64.b64encode(f"{settings.username}:{password}".encode()).decode()
