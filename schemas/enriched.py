"""The output: who claims what about whom, with what stance. All offsets are code points, end exclusive."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

ENRICHED_TYPE = "claimwire.article.enriched.v1"
RETRACTED_TYPE = "claimwire.article.retracted.v1"
SKIPPED_TYPE = "claimwire.article.skipped.v1"

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
StanceLabel = Literal["favor", "against", "neutral"]
EntityId = Annotated[str, Field(pattern=r"^e[1-9][0-9]*$")]
ClaimId = Annotated[str, Field(pattern=r"^c[1-9][0-9]*$")]


class Wire(BaseModel):
    """What every part of an event shares: frozen; readers must pass over fields that they do not know."""

    # Every field is always written, None where there is nothing: so each is required in the schema of what we write.
    model_config = ConfigDict(frozen=True, extra="ignore", json_schema_serialization_defaults_required=True)


class Span(Wire):
    """Code points `start` to `end` of the article's text, end exclusive."""

    start: int = Field(ge=0)
    end: int = Field(ge=1)


class Extraction(Wire):
    """How the text was taken out of HTML, and how much of the page's running text it holds."""

    method: str = Field(
        description="fragment (all of it), main-text, widened, recall or body: each keeps more than the one before."
    )
    share: Probability


class ArticleRef(Wire):
    """The article that the event is about. `text` is there for HTML input, whose offsets point into it."""

    id: str
    version: int = Field(ge=1)
    title: str | None = None
    url: str | None = None
    language: str | None = Field(
        default=None, description="BCP 47 as stated, else as detected, ISO 639-1; of what was not read, as stated."
    )
    published_at: str | None = Field(default=None, description="RFC 3339.")
    source: str | None = None
    text_sha256: str | None = Field(default=None, description="SHA-256 of the text in UTF-8, hexadecimal.")
    text_length: int | None = Field(default=None, ge=0, description="In code points.")
    text: str | None = None
    extraction: Extraction | None = Field(default=None, description="Of HTML input that was read.")
    authors: tuple[str, ...] = Field(default=(), description="As sent; none where quoted text is switched off.")
    tags: tuple[str, ...] = Field(default=(), description="As sent; none where quoted text is switched off.")
    metadata: dict[str, str] = Field(default_factory=dict, description="As sent.")


class ModelRef(Wire):
    """Which model spoke: `sha256` is the digest of its manifest."""

    name: str
    version: str
    sha256: str


class Entity(Wire):
    """Somebody or something that the article names, with every mention."""

    id: EntityId
    name: str | None = Field(description="None where quoted text is switched off.")
    type: Literal["person", "organization", "location", "group", "other"]
    mentions: tuple[Span, ...]
    ref: str | None = Field(
        default=None,
        description="Its id on the list of entities that whoever runs the service keeps, if it is on one; none where "
        "quoted text is switched off.",
    )


class Speaker(Wire):
    """Who makes a claim. `entity` is None only for the author; start and end are the source near the claim, if any."""

    entity: EntityId | None
    name: str | None
    kind: Literal["person", "organization", "unnamed", "document", "author"]
    start: int | None = None
    end: int | None = None
    confidence: Probability


class Cue(Wire):
    """The word that reports: said, according to."""

    start: int = Field(ge=0)
    end: int = Field(ge=1)
    text: str | None = None


class ClaimStance(Wire):
    """The speaker's position toward the entity `target` in this claim."""

    target: EntityId
    label: StanceLabel
    confidence: Probability


class Claim(Wire):
    """One statement. `spans` are its pieces, more than one when the cue interrupts; start and end are their hull.

    `text` holds the pieces alone, " … " between two that other words part; where they are the object of the cue right
    before them, the cue and the pieces ("accused the board of lying").
    """

    id: ClaimId
    start: int = Field(ge=0)
    end: int = Field(ge=1)
    text: str | None = Field(description="What is claimed; None where quoted text is switched off.")
    spans: tuple[Span, ...] = Field(min_length=1)
    kind: Literal["direct_quote", "indirect_quote", "mixed_quote", "author_statement"]
    speaker: Speaker
    cue: Cue | None
    check_worthiness: Probability
    confidence: Probability
    stances: tuple[ClaimStance, ...]


class HolderStance(Wire):
    """A holder's position toward a target over the article, with the claims that support it."""

    holder: str = Field(description="An entity's id, or `author`.")
    target: EntityId
    label: StanceLabel
    confidence: Probability
    claims: tuple[ClaimId, ...]


class TopicHolder(Wire):
    """A holder's position toward a given topic."""

    holder: str = Field(description="An entity's id, or `author`.")
    label: StanceLabel
    confidence: Probability
    claims: tuple[ClaimId, ...]


class TopicStance(Wire):
    """The article's position toward a given topic, and each holder's."""

    topic: str
    label: StanceLabel
    confidence: Probability
    holders: tuple[TopicHolder, ...]


class EnrichedArticle(Wire):
    """The data of a `claimwire.article.enriched.v1` event."""

    model_config = ConfigDict(title="EnrichedArticle")

    article: ArticleRef
    model: ModelRef
    entities: tuple[Entity, ...]
    claims: tuple[Claim, ...]
    stances: tuple[HolderStance, ...]
    topics: tuple[TopicStance, ...]


class RetractedArticle(Wire):
    """The data of a `claimwire.article.retracted.v1` event: consumers drop what they hold of this id."""

    model_config = ConfigDict(title="RetractedArticle")

    article: ArticleRef
    status: Literal["withheld", "canceled"]


class SkippedArticle(Wire):
    """The data of a `claimwire.article.skipped.v1` event: sound, but not read, and why."""

    model_config = ConfigDict(title="SkippedArticle")

    article: ArticleRef
    model: ModelRef
    reason: str = Field(description="A stable code.")
    detail: str = Field(description="A sentence for a person.")
    detected_language: str | None = Field(
        default=None,
        description="What the text was found to be in, ISO 639-1 or und; null where the language stated was taken.",
    )


class Event(RootModel[EnrichedArticle | RetractedArticle | SkippedArticle]):
    """The data of any event on the output topic; the event's type says which."""

    model_config = ConfigDict(frozen=True, title="Event")
