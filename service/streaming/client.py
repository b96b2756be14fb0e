"""How every client of ours reaches the cluster, and what its errors mean to us."""

import asyncio
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import aiokafka.client
from aiokafka import errors
from aiokafka.abc import AbstractTokenProvider
from aiokafka.protocol.metadata import MetadataRequest

from service.core.errors import (
    BrokerUnavailableError,
    ClaimwireError,
    ConfigurationError,
    FencedError,
    InfrastructureError,
)
from service.settings import KafkaSettings
from service.streaming.record_batches import read_every_record
from service.streaming.secret_files import read_secret, secret


class _AskOnly(MetadataRequest):  # type: ignore[misc]  # aiokafka has no stubs
    """Asks for topics without making them.

    aiokafka has no option for it, and lets the broker create what it asks for, where the broker's default does that:
    the input would have one partition and one replica, and records would be lost with a broker.
    """

    def __init__(self, topics: list[str] | None = None) -> None:
        super().__init__(topics, allow_auto_topic_creation=False)


aiokafka.client.MetadataRequest = _AskOnly

REQUEST_MS: Final = (
    10_000  # a broker that says nothing for this long is asked no more; aiokafka's 40 s stalls everything
)
METADATA_MS: Final = 10_000  # how long a partition that was added may stay unknown; aiokafka would look every 300 s
_NAMED: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")

_FENCED: Final = (
    errors.ProducerFenced,
    errors.InvalidProducerEpoch,
    errors.IllegalGenerationError,
    errors.UnknownMemberIdError,
    errors.CommitFailedError,
)
_FORBIDDEN: Final = {
    errors.TopicAuthorizationFailedError: "a topic: it needs READ and DESCRIBE on the input, WRITE on the outputs",
    errors.GroupAuthorizationFailedError: "the consumer group: it needs READ",
    errors.TransactionalIdAuthorizationFailed: "its transactional ids: it needs WRITE and DESCRIBE on the prefix",
    errors.ClusterAuthorizationFailedError: "the cluster",
}


def connection(settings: KafkaSettings) -> dict[str, Any]:
    """Return the arguments that every aiokafka client takes: where the cluster is, and who we are.

    A consumer that is made with them reads on past what aiokafka cannot parse.

    Raises:
        ConfigurationError: a certificate or secret is missing, or settings do not fit together.
    """
    read_every_record()
    common: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers,
        "client_id": settings.client_id,
        "security_protocol": settings.security_protocol,
    }
    if settings.security_protocol.endswith("SSL"):
        common["ssl_context"] = _tls(settings)
    if settings.security_protocol.startswith("SASL"):
        common |= _sasl(settings)
    return common


def _tls(settings: KafkaSettings) -> ssl.SSLContext:
    """Build a context that verifies the broker's certificate and name; with a client certificate if one is set."""
    try:
        context = ssl.create_default_context(cafile=settings.ssl_ca_file)
        if settings.ssl_cert_file is not None:
            password = secret(settings.ssl_key_password, None)
            context.load_cert_chain(settings.ssl_cert_file, settings.ssl_key_file, password)
    except OSError as error:
        raise ConfigurationError(f"Kafka's TLS files cannot be read: {error}. See CLAIMWIRE_KAFKA__SSL_…") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _sasl(settings: KafkaSettings) -> Mapping[str, Any]:
    if settings.sasl_mechanism == "OAUTHBEARER":
        if settings.oauth_token_file is None:
            raise ConfigurationError("OAUTHBEARER needs CLAIMWIRE_KAFKA__OAUTH_TOKEN_FILE.")
        provider = FileTokenProvider(settings.oauth_token_file)
        return {"sasl_mechanism": "OAUTHBEARER", "sasl_oauth_token_provider": provider}
    if settings.sasl_mechanism not in _NAMED:
        raise ConfigurationError(f"{settings.security_protocol} needs CLAIMWIRE_KAFKA__SASL_MECHANISM.")
    password = secret(settings.sasl_password, settings.sasl_password_file)
    if not settings.sasl_username or not password:
        raise ConfigurationError(
            f"{settings.sasl_mechanism} needs CLAIMWIRE_KAFKA__SASL_USERNAME and a password: "
            "CLAIMWIRE_KAFKA__SASL_PASSWORD or CLAIMWIRE_KAFKA__SASL_PASSWORD_FILE."
        )
    return {
        "sasl_mechanism": settings.sasl_mechanism,
        "sasl_plain_username": settings.sasl_username,
        "sasl_plain_password": password,
    }


class FileTokenProvider(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka has no stubs
    """Gives the bearer token that lies in a file, read anew for each connection, so that it may rotate (KIP-255)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        read_secret(path)

    async def token(self) -> str:
        """Return the token."""
        return read_secret(self._path)


def meaning(error: BaseException, *, doing: str) -> ClaimwireError:
    """Return what an error out of aiokafka means to us; `doing` says in words what was tried."""
    if isinstance(error, ClaimwireError):
        return error
    if type(error) is errors.KafkaError and error.__cause__ is not None:
        error = error.__cause__  # a producer's sender that ended gives no other reason
    for kind, what in _FORBIDDEN.items():
        if isinstance(error, kind):
            return ConfigurationError(
                f"Kafka forbids us {what} (while {doing}): {error}. See `docs/delivery.md`, ACLs."
            )
    if isinstance(error, errors.UnknownTopicOrPartitionError):
        return InfrastructureError(f"A topic does not exist (while {doing}): `claimwire topics ensure` makes it.")
    if isinstance(error, _FENCED):
        return FencedError(f"Another worker took over while {doing}: {error!r}.")
    if isinstance(error, TimeoutError | OSError | errors.KafkaConnectionError | errors.NodeNotReadyError):
        return BrokerUnavailableError(
            f"No broker answered while {doing} ({error!r}); see that it runs and CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS "
            "names it."
        )
    return InfrastructureError(f"Kafka failed while {doing}: {error!r}.")


async def require_topics(settings: KafkaSettings) -> None:
    """Look whether the three topics exist. Whoever may not ask for one learns so where it is used.

    Raises:
        InfrastructureError: one does not.
        aiokafka.errors.KafkaError: no broker answered.
    """
    client = aiokafka.client.AIOKafkaClient(**connection(settings), request_timeout_ms=REQUEST_MS)
    names = set(settings.topics.model_dump().values())
    try:
        await client.bootstrap()
        if not await client.set_topics(names):
            raise errors.KafkaConnectionError("no broker answered for its topics")
        cluster = client.cluster
        if absent := sorted(names - cluster.topics() - cluster.unauthorized_topics):
            raise InfrastructureError(f"{_named(absent)} not exist: `claimwire topics ensure` creates them.")
    finally:
        await client.close()


def _named(topics: list[str]) -> str:
    return f"The topic {topics[0]} does" if len(topics) == 1 else f"The topics {', '.join(topics)} do"


async def stop_consumer(consumer: Any) -> None:
    """Stop a consumer to the end.

    aiokafka cancels the fetches under way and awaits them unguarded: with a broker down, their CancelledError comes
    out of `stop` as if it were meant for us, and the connections stay open. A task group takes it for a wish, and the
    worker would be gone without a word.
    """
    try:
        await consumer.stop()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        for fetch in consumer._fetcher._pending_tasks:  # noqa: SLF001  # those that `stop` did not come to
            fetch.cancel()
        await consumer._client.close()  # noqa: SLF001  # the rest of `stop`
