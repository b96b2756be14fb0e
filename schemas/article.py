"""The input: one news article."""

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

MAX_ID = 1_024  # code points: it is a Kafka key and a CloudEvents subject
MAX_TITLE = 2_000
MAX_BODY = 1_000_000
MAX_TOPICS = 8
MAX_TOPIC = 300
MAX_AUTHORS = 100


def _writable(value: str) -> str:
    """Refuse what cannot be stored or shown: lone surrogates and NUL."""
    if "\x00" in value:
        raise ValueError("holds a NUL character")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("holds a lone surrogate")
    return value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("is blank")
    return value


Text = Annotated[str, AfterValidator(_writable)]
Filled = Annotated[Text, AfterValidator(_not_blank)]


class Article(BaseModel):
    """One news article. Only `id` and `body` are required; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="Article")

    id: Filled = Field(max_length=MAX_ID, description="The publisher's stable URI or key. Also the Kafka key.")
    version: int = Field(default=1, ge=1, le=2**53 - 1, description="The article's revision. A correction has a higher one.")
    status: Literal["usable", "withheld", "canceled"] = Field(
        default="usable", description="`withheld` and `canceled` retract what was published before under this id."
    )
    title: Text | None = Field(default=None, max_length=MAX_TITLE, description="The headline. It makes no claims.")
    body: Filled = Field(max_length=MAX_BODY, description="The text. Offsets in the event are code points into it.")
    body_type: Literal["text/plain", "text/html"] = Field(default="text/plain", description="What `body` is written in.")
    language: str | None = Field(
        default=None, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35, description="BCP 47; detected if absent."
    )
    published_at: AwareDatetime | None = Field(default=None, description="RFC 3339, with an offset.")
    url: Text | None = Field(default=None, max_length=4_096, description="Where the article stands. It is never opened.")
    source: Text | None = Field(default=None, max_length=MAX_TITLE, description="The publisher's name.")
    authors: tuple[Annotated[Text, Field(max_length=300)], ...] = Field(default=(), max_length=MAX_AUTHORS)
    topics: tuple[Annotated[Filled, Field(max_length=MAX_TOPIC)], ...] = Field(
        default=(), max_length=MAX_TOPICS, description="Propositions or names that a stance is wanted on."
    )
