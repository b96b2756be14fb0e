"""Every setting, read from `CLAIMWIRE_…` environment variables and from nothing else in the code.

Nested settings join with two underscores: `CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS`. A secret may come from a file: the
directory named by `CLAIMWIRE_SECRETS_DIR` holds files named after the variables, in lower case.

Imports `core` alone.
"""

import os
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from service.core.errors import ConfigurationError
from service.settings.entities import EntitiesSettings
from service.settings.ledger import LedgerSettings
from service.settings.registry import RegistrySettings
from service.settings.section import Section

_SECRETS_DIRECTORY = "CLAIMWIRE_SECRETS_DIR"
MODELS: Final = Path(__file__).resolve().parents[2] / "models"
DEFAULT_MODEL: Final = MODELS / "claimwire-en-base"  # named here and nowhere else: image, tools and tests follow
MULTILINGUAL_MODEL: Final = MODELS / "claimwire-multi-small"  # the same


class TopicSettings(Section):
    """The three topics' names."""

    articles: str = "articles"
    enriched: str = "articles.enriched"
    dead_letter: str = "articles.dead-letter"


class KafkaSettings(Section):
    """The cluster and how to speak to it. Times are seconds, sizes bytes."""

    bootstrap_servers: str = Field(default="127.0.0.1:9092", description="Comma-separated host:port of the brokers.")
    group: str = Field(default="claimwire", description="Consumer group, and the first part of every transactional id.")
    instance_id: str | None = Field(
        default=None, description="group.instance.id: one per replica, stable across restarts (static membership)."
    )
    client_id: str = "claimwire"
    topics: TopicSettings = TopicSettings()

    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    ssl_ca_file: Path | None = None
    ssl_cert_file: Path | None = None
    ssl_key_file: Path | None = None
    ssl_key_password: SecretStr | None = None
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] | None = None
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    sasl_password_file: Path | None = None
    oauth_token_file: Path | None = Field(
        default=None, description="Re-read for each new connection, so it may rotate."
    )

    delivery: Literal["exactly-once", "at-least-once"] = "exactly-once"
    session_timeout: float = Field(
        default=20.0, gt=0, description="Longest silence before the group takes partitions away."
    )
    max_poll_interval: float = Field(default=300.0, gt=0)
    rebalance_timeout: float = Field(
        default=60.0, gt=0, description="How long a rebalance waits; keep it above the time of the slowest batch."
    )
    transaction_timeout: float = Field(
        default=60.0, gt=0, description="The broker aborts a transaction that is open for this long."
    )
    commit_timeout: float = Field(
        default=15.0, gt=0, description="A commit that is not answered within this time has an unknown result."
    )
    publish_timeout: float = Field(
        default=10.0, gt=0, description="HTTP ingress answers 503 (unknown) after this long."
    )
    compression: Literal["none", "gzip", "lz4", "zstd"] = Field(
        default="gzip",
        description="Of everything that is written. Every client reads gzip; lz4 and zstd cost half the CPU, but often "
        "need a library beside the client.",
    )
    max_partition_fetch: int = Field(
        default=1_048_576, gt=0, description="Bytes prefetched per partition; small, since a pause discards them."
    )
    max_message: int = Field(default=1_048_576, gt=0, description="Largest input record that is accepted.")
    max_event: int = Field(default=4_194_304, gt=0, description="Largest output event that is written.")


class ModelSettings(Section):
    """The models and the engine that runs them."""

    directory: Path = Field(
        default=DEFAULT_MODEL, description="A folder with a manifest.json: the main model, which reads English."
    )
    multilingual_directory: Annotated[Path | None, BeforeValidator(lambda value: value or None)] = Field(
        default_factory=lambda: MULTILINGUAL_MODEL if MULTILINGUAL_MODEL.is_dir() else None,
        description="Reads the languages that the main model does not know. Empty: nothing does, which saves memory.",
    )
    engine: Literal["auto", "openvino", "onnxruntime"] = Field(
        default="auto", description="What runs the model. auto: the engine that is faster with this CPU's instructions."
    )
    threads: int | None = Field(default=None, ge=1, description="Unset: as many as the CPU quota allows.")
    second_reading: bool = Field(
        default=True,
        description="Read each claim of a speaker once more, for better stances at more time per article.",
    )
    cache_dir: Path | None = Field(default=None, description="Where OpenVINO may keep compiled models between starts.")


class WorkerSettings(Section):
    """How much is in hand at once. Times are seconds."""

    max_articles: int = Field(default=32, ge=1, description="Articles in one batch, over all partitions.")
    max_bytes: int = Field(default=4_194_304, ge=1, description="Bytes of articles in one batch.")
    batch_seconds: float = Field(
        default=0.5,
        gt=0,
        description="Target time of one batch: a lower value lowers latency, a higher one needs fewer commits.",
    )
    linger: float = Field(default=0.05, ge=0, description="How long a poll waits for records.")
    max_attempts: int = Field(default=3, ge=1, description="Attempts at an article whose processing raises.")
    article_timeout: float = Field(
        default=60.0,
        gt=0,
        description="Longest time to read an article, then a dead letter. At most half of kafka.max_poll_interval.",
    )
    backoff: float = Field(default=0.5, ge=0, description="Wait before the second attempt; doubled each time.")
    drain_timeout: float = Field(
        default=25.0,
        gt=0,
        description="How long a stop may take after SIGTERM. Keep it below the orchestrator's grace period.",
    )
    breaker_window: int = Field(
        default=200, ge=10, description="Number of latest articles over which the failure rate is computed."
    )
    breaker_share: float = Field(default=0.5, gt=0, le=1, description="Failure rate above which the worker pauses.")


class AuthSettings(Section):
    """Who may do what. With neither keys nor an issuer, the service listens on loopback only."""

    keys: SecretStr | None = Field(
        default=None, description="API keys, one per line: id:scopes:salt:sha256; see docs/api.md."
    )
    keys_file: Path | None = Field(default=None, description="The same in a file, which is reloaded when it changes.")
    oidc_issuer: str | None = Field(
        default=None, description="Issuer of bearer tokens; its keys are found by discovery."
    )
    oidc_audience: str | None = Field(default=None, description="Audience that tokens must name.")
    oidc_scope_prefix: str = Field(
        default="claimwire:", description="Prefix of our scopes in tokens: claimwire:write is the scope write."
    )
    rate: float = Field(default=50.0, gt=0, description="Sustained requests per second of one key.")
    burst: int = Field(default=200, ge=1, description="Requests that one key may send in a burst.")
    daily_articles: int | None = Field(default=None, ge=1, description="Articles that one key may send per day.")


class ApiSettings(Section):
    """The HTTP side. Times are seconds, sizes bytes."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65_535)
    docs: bool = Field(default=True, description="Serve /docs and the OpenAPI document.")
    max_body: int = Field(default=2_097_152, gt=0)
    queue: int = Field(default=256, ge=1, description="Publishes in flight before ingress answers 503.")
    analyze_concurrency: int = Field(default=4, ge=1, description="Articles that POST /v1/analyze processes at once.")
    analyze_timeout: float = Field(default=60.0, gt=0, description="POST /v1/analyze answers 503 after this long.")
    analyze_waiting: int = Field(default=16, ge=0, description="Requests that may wait for POST /v1/analyze.")
    max_batch: int = Field(default=16_777_216, gt=0, description="Largest body of POST /v1/articles:batch.")
    max_bodies: int = Field(default=67_108_864, gt=0, description="Bytes of all bodies in hand; at least the largest.")
    batch_items: int = Field(default=200, ge=1, description="Articles in one batch.")
    max_headers: int = Field(default=64, ge=1, description="Header fields of one request.")
    body_timeout: float = Field(default=20.0, gt=0, description="How long a client may take to send a body.")
    live_articles: int = Field(default=10_000, ge=1, description="Articles that the live view holds.")
    live_bytes: int = Field(default=268_435_456, ge=1, description="Bytes that the live view holds.")
    subscribers: int = Field(default=100, ge=1, description="Open event streams.")
    cors_origins: tuple[str, ...] = Field(default=(), description="Origins that may call from a browser.")
    auth: AuthSettings = AuthSettings()


class OutputSettings(Section):
    """What the event holds."""

    quotes: bool = Field(default=True, description="Off: events hold no quoted text and no names, only positions.")


class TracingSettings(Section):
    """OpenTelemetry spans; off unless an endpoint is set."""

    endpoint: str | None = Field(default=None, description="OTLP over HTTP, without a path: http://collector:4318.")
    sample: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="Share of new traces that is kept; a caller's sampling decision is respected.",
    )


class LogSettings(Section):
    """Logs go to stderr."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    format: Literal["auto", "json", "console"] = Field(
        default="auto", description="auto: console on a terminal, else JSON."
    )


class Settings(BaseSettings):
    """All settings."""

    model_config = SettingsConfigDict(
        env_prefix="CLAIMWIRE_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
    )

    kafka: KafkaSettings = KafkaSettings()
    model: ModelSettings = ModelSettings()
    worker: WorkerSettings = WorkerSettings()
    api: ApiSettings = ApiSettings()
    output: OutputSettings = OutputSettings()
    entities: EntitiesSettings = EntitiesSettings()
    ledger: LedgerSettings = LedgerSettings()
    registry: RegistrySettings = RegistrySettings()
    log: LogSettings = LogSettings()
    tracing: TracingSettings = TracingSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read variables first, then the secrets directory; no .env file, which would be one more place to search."""
        del settings_cls, dotenv_settings
        directory = os.environ.get(_SECRETS_DIRECTORY)
        if directory is None:
            return init_settings, env_settings
        secrets = NestedSecretsSettingsSource(
            file_secret_settings,
            secrets_dir=directory,
            secrets_prefix="CLAIMWIRE_",
            secrets_nested_delimiter="__",
        )
        return init_settings, env_settings, secrets

    @classmethod
    def load(cls) -> "Settings":
        """Read the environment.

        Raises:
            ConfigurationError: naming each variable that is wrong, and how.

        """
        sections = tuple(f"CLAIMWIRE_{name}__".upper() for name in cls.model_fields)
        for name in os.environ:
            if name.startswith("CLAIMWIRE_") and not name.startswith(sections) and name != _SECRETS_DIRECTORY:
                raise ConfigurationError(
                    f"{name} is not a setting: correct or unset it (`claimwire config` lists every one)."
                )
        try:
            settings = cls()
        except ValidationError as error:
            wrong = (
                f"CLAIMWIRE_{'__'.join(str(part) for part in found['loc']).upper()}: {found['msg']}"
                for found in error.errors(include_input=False, include_url=False)
            )
            raise ConfigurationError(f"The configuration is wrong; correct {'; '.join(wrong)}.") from None
        if settings.worker.article_timeout > settings.kafka.max_poll_interval / 2:
            raise ConfigurationError(
                "CLAIMWIRE_WORKER__ARTICLE_TIMEOUT must be at most half of CLAIMWIRE_KAFKA__MAX_POLL_INTERVAL: "
                "a slow article must be given up before the worker counts as stuck."
            )
        return settings
