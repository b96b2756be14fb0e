"""The settings of a schema registry."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from service.settings.section import Section


class RegistrySettings(Section):
    """A schema registry with Confluent's API; off unless a url is set. Times are seconds."""

    url: str | None = Field(
        default=None, description="Address, such as https://registry:8081. It is asked once, at start-up."
    )
    framing: Literal["header", "prefix"] = Field(
        default="header",
        description="header leaves values as they are; prefix puts five bytes before the JSON, which every consumer "
        "must then handle.",
    )
    subjects: Literal["TopicNameStrategy", "TopicRecordNameStrategy"] = Field(
        default="TopicNameStrategy",
        description="TopicNameStrategy: one schema for all events; TopicRecordNameStrategy: one per type of event.",
    )
    auto_register: bool = Field(default=True, description="Off: the schemas must exist already; nothing is registered.")
    username: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = None
    token: SecretStr | None = Field(default=None, description="A bearer token, in place of user and password.")
    token_file: Path | None = None
    ca_file: Path | None = Field(default=None, description="PEM of the authority that signed its certificate.")
    timeout: float = Field(
        default=10.0, gt=0, description="Start-up fails when the registry does not answer within this time."
    )
