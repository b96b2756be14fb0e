"""Whether the topics take what the worker may write: looked at before it takes anything."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, for_code

from service.core.errors import BrokerUnavailableError, InfrastructureError
from service.settings import KafkaSettings
from service.streaming.client import REQUEST_MS, connection
from service.telemetry.logs import logger

_log = logger(__name__)

LIMIT: Final = "max.message.bytes"
_ENVELOPE: Final = 65_536  # bytes for key and headers around a value
_ON_TOPIC: Final = 1  # DescribeConfigs, ConfigSource.TOPIC_CONFIG


def size_limits(settings: KafkaSettings) -> Mapping[str, int]:
    """Return the bytes that a record of each topic may have.

    That of the dead letters is above that of the input by what our headers need, so that a record at the limit fits.
    """
    names = settings.topics
    return {
        names.articles: settings.max_message + _ENVELOPE,
        names.enriched: settings.max_event + _ENVELOPE,
        names.dead_letter: settings.max_message + 2 * _ENVELOPE,
    }


async def require_limits(settings: KafkaSettings) -> None:
    """Look whether the topics of events and dead letters take the largest of either.

    Whoever may not ask for that (it needs DESCRIBE_CONFIGS), or gets no answer, goes on: a record that is refused later
    is written in a smaller form.

    Raises:
        InfrastructureError: one takes less.
    """
    wanted = {name: size for name, size in size_limits(settings).items() if name != settings.topics.articles}
    admin = AIOKafkaAdminClient(**connection(settings), request_timeout_ms=REQUEST_MS)
    try:
        await admin.start()
        found = {name: int((await topic_config(admin, name))[LIMIT][0]) for name in wanted}
    except (KafkaError, OSError, TimeoutError, BrokerUnavailableError) as error:
        _log.info("stream.limits_unknown", error=str(error) or repr(error))
        return
    finally:
        await admin.close()
    for name, size in wanted.items():
        if found[name] < size:
            raise InfrastructureError(
                f"The topic {name} takes records of {found[name]} bytes, and we may write {size}: "
                f"`claimwire topics ensure` raises its {LIMIT}."
            )


async def topic_config(admin: AIOKafkaAdminClient, topic: str) -> dict[str, tuple[str, bool]]:
    """Return each property of a topic, and whether it was set on the topic itself (and not inherited).

    Raises:
        BrokerUnavailableError: the broker refuses.
    """
    answers: Sequence[Any] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    found: dict[str, tuple[str, bool]] = {}
    for answer in answers:
        for code, message, _, _, entries in answer.resources:
            if code:
                raise BrokerUnavailableError(f"Kafka did not describe {topic}: {for_code(code).__name__} {message}.")
            for name, value, _, source, *_ in entries:
                found[name] = (value, source == _ON_TOPIC)
    return found
