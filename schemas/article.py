"""The input: one news article."""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

ARTICLE_TYPE: Final = "claimwire.article.v1"

MAX_ID = 1_024  # code points: it is a Kafka key and a CloudEvents subject
MAX_TITLE = 2_000
MAX_BODY = 1_000_000
MAX_TOPICS = 8
MAX_TOPIC = 300
MAX_AUTHORS = 100
MAX_AUTHOR = 300
MAX_TAGS = 100
MAX_TAG = 300
MAX_METADATA = 32  # members
MAX_METADATA_NAME = 64
MAX_METADATA_VALUE = 1_000

_SURROGATE = re.compile("[\ud800-\udfff]")
# CloudEvents 1.0 forbids these in a string, and an id becomes one (`subject`): controls and Unicode's noncharacters.
_NO_ATTRIBUTE = re.compile(
    "[\x00-\x1f\x7f-\x9f\ufdd0-\ufdef"
    + "".join(f"{chr(p + 0xFFFE)}{chr(p + 0xFFFF)}" for p in range(0, 0x110000, 0x10000))
    + "]"
)
# RFC 3339, section 5.6. Pydantic alone would also take numbers in strings, as seconds since 1970.
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _writable(value: str) -> str:
    """Refuse what cannot be stored or shown: lone surrogates and NUL."""
    if "\x00" in value:
        raise PydanticCustomError("nul_character", "holds a NUL character")
    if _SURROGATE.search(value):
        raise PydanticCustomError("lone_surrogate", "holds a lone surrogate")
    return value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("blank", "is blank")
    return value


def _attribute(value: str) -> str:
    if _NO_ATTRIBUTE.search(value):
        raise PydanticCustomError("control_character", "holds a control character or a noncharacter")
    return value


def _whole(value: object) -> object:
    """Take 1.0 for 1: to JSON Schema they are the same integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _rfc_3339(value: object) -> object:
    if isinstance(value, str) and not _RFC_3339.fullmatch(value):
        raise PydanticCustomError("bad_time", "is not a time of RFC 3339 with an offset")
    if isinstance(value, int | float):
        raise PydanticCustomError("string_type", "is not a string")
    return value


def _optional_when_retracted(schema: dict[str, Any]) -> None:
    """Say in JSON Schema what `Article.has_body` says in Python."""
    schema["if"] = {"properties": {"status": {"enum": ["withheld", "canceled"]}}, "required": ["status"]}
    schema["then"] = {}
    schema["else"] = {"required": ["body"], "properties": {"body": {"type": "string"}}}


Text = Annotated[str, AfterValidator(_writable), Field(json_schema_extra={"pattern": r"^[^\u0000]*$"})]
Filled = Annotated[
    str,
    AfterValidator(_writable),
    AfterValidator(_not_blank),
    Field(json_schema_extra={"pattern": r"^[^\u0000]*[^\s\u0000][^\u0000]*$"}),
]
_NAME_PATTERN: Final = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
Id = Annotated[
    str,
    AfterValidator(_writable),
    AfterValidator(_not_blank),
    AfterValidator(_attribute),
    Field(json_schema_extra={"pattern": _NAME_PATTERN}),
]
Metadata = Annotated[
    dict[
        Annotated[
            str,
            AfterValidator(_writable),
            AfterValidator(_not_blank),
            AfterValidator(_attribute),
            Field(max_length=MAX_METADATA_NAME),
        ],
        Annotated[Text, Field(max_length=MAX_METADATA_VALUE)],
    ],
    Field(
        max_length=MAX_METADATA,
        json_schema_extra={"propertyNames": {"maxLength": MAX_METADATA_NAME, "pattern": _NAME_PATTERN}},
    ),
]


class Article(BaseModel):
    """One news article. Only `id` and `body` are required; unknown fields are refused.

    An article that is withheld or canceled needs no body.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, title="Article", json_schema_extra=_optional_when_retracted
    )

    id: Id = Field(max_length=MAX_ID, description="The publisher's stable URI or key. Also the Kafka key.")
    version: Annotated[int, BeforeValidator(_whole)] = Field(
        default=1, ge=1, le=2**53 - 1, description="The article's revision. A correction has a higher one."
    )
    status: Literal["usable", "withheld", "canceled"] = Field(
        default="usable", description="`withheld` and `canceled` retract what was published before under this id."
    )
    title: Text | None = Field(default=None, max_length=MAX_TITLE, description="The headline. It makes no claims.")
    body: Filled | None = Field(
        default=None, max_length=MAX_BODY, description="The text. Offsets in the event are code points into it."
    )
    body_type: Literal["text/plain", "text/html"] = Field(
        default="text/plain", description="What `body` is written in."
    )
    language: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$",
        max_length=35,
        description="BCP 47; detected if absent, and where the text is in a script that the language is not written "
        "in. Read are en, ru, hy, ka, az and tr, as far as the models of the deployment know them (GET /v1/info); an "
        "article in another language gives a skipped event.",
    )
    published_at: Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_rfc_3339)] | None = Field(
        default=None, description="RFC 3339, with an offset."
    )
    url: Text | None = Field(
        default=None, max_length=4_096, description="Where the article stands. It is never opened."
    )
    source: Text | None = Field(default=None, max_length=MAX_TITLE, description="The publisher's name.")
    authors: Annotated[tuple[Annotated[Text, Field(max_length=MAX_AUTHOR)], ...], Field(strict=False)] = Field(
        default=(), max_length=MAX_AUTHORS, description="Who wrote it. Passed through to the event."
    )
    tags: Annotated[tuple[Annotated[Filled, Field(max_length=MAX_TAG)], ...], Field(strict=False)] = Field(
        default=(),
        max_length=MAX_TAGS,
        description="The publisher's keywords. Passed through to the event, never read.",
    )
    metadata: Metadata = Field(
        default_factory=dict,
        description="The publisher's own ids and marks, passed through to the event: a flat object of strings.",
    )
    topics: Annotated[tuple[Annotated[Filled, Field(max_length=MAX_TOPIC)], ...], Field(strict=False)] = Field(
        default=(), max_length=MAX_TOPICS, description="Propositions or names that a stance is wanted on."
    )

    @model_validator(mode="after")
    def has_body(self) -> "Article":
        """Ask for a body unless the article is taken back."""
        if self.body is None and self.status == "usable":
            raise PydanticCustomError("missing", "a usable article needs a body", {"field": "body"})
        return self
