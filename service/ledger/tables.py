"""The tables, as `docs/ledger.md` draws them. `migrations` makes them; a test holds the two against each other.

Times are UTC. Offsets into a text are code points, `start_char` inclusive and `end_char` exclusive. Who and what an
article names is in `entities`, one row for each canonical entity (see `identity`).
"""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

metadata: Final = MetaData()


class UtcTime(TypeDecorator[datetime]):
    """A point in time. PostgreSQL keeps the zone; SQLite keeps text, which is always UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Write a time in UTC."""
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read a time in UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _of_article(name: str = "article_id", **options: Any) -> Column[str]:
    return Column(name, Text, ForeignKey("articles.id", ondelete="CASCADE"), **options)


def _entity(name: str, *, nullable: bool = False, **options: Any) -> Column[str]:
    return Column(name, Text, ForeignKey("entities.id"), nullable=nullable, **options)


logs: Final = Table(
    "offsets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("topic", Text, nullable=False),  # the topic's identity, `cluster id/topic id`
    Column("partition", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),  # of the next record: all below are in the tables
    Column("matched", BigInteger, nullable=False, server_default="0"),  # of the next record to be held against watches
    UniqueConstraint("topic", "partition", name="uq_offsets_topic_partition"),
)

counters: Final = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),  # the last number that was given out
)

erasures: Final = Table(
    "erasures",  # so that a record of the article that is read late, from another partition, does not bring it back
    metadata,
    Column("article_sha256", Text, primary_key=True),
    Column("log_id", Integer, ForeignKey("offsets.id"), nullable=False),
    Column("erased_at", UtcTime, nullable=False),
)

articles: Final = Table(
    "articles",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("status", Text, nullable=False),  # enriched, skipped, withheld or canceled
    Column("reason", Text),  # of one that was skipped
    Column("title", Text),
    Column("url", Text),
    Column("language", Text),
    Column("source", Text),
    Column("published_at", UtcTime),
    Column("said_at", UtcTime, nullable=False),  # published_at, or when the event was written
    Column("text_sha256", Text),
    Column("text_length", BigInteger),
    Column("model", Text),  # name and version
    Column("model_sha256", Text),
    Column("event_id", Text),
    Column("log_id", Integer, ForeignKey("offsets.id"), nullable=False),
    Column("log_offset", BigInteger, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),  # when the event was written to the topic
    Index("ix_articles_recorded_at", "recorded_at"),
)

entities: Final = Table(
    "entities",  # a row for each name and type by which somebody or something goes; one for each means one by default
    metadata,
    Column("id", Text, primary_key=True),
    Column("type", Text, nullable=False),  # person, organization, location, group or other
    Column("name", Text),  # as it was written first; null where events hold no names
    Column("normalized_name", Text),
    _of_article(nullable=True),  # of one that only this article knows: a surname alone, "a spokesman"
    Column("ref", Text),  # on the entity list, as the events have it
    Column("canonical_id", Text, nullable=False, server_default=""),  # who it is; `id`, unless listed or corrected
    Column("canonical_name", Text),  # the name to show, the same in all rows of one canonical entity
    Index("ix_entities_canonical_id", "canonical_id"),
    Index("ix_entities_normalized_name", "normalized_name"),
    Index("ix_entities_article_id", "article_id"),
)

entity_words: Final = Table(
    "entity_words",  # of the names that several articles may give, so that a name is found by any of its words
    metadata,
    Column("entity_id", Text, ForeignKey("entities.id", ondelete="CASCADE"), primary_key=True),
    Column("word", Text, primary_key=True),  # without case and accents
    Index("ix_entity_words_word", "word", "entity_id", postgresql_ops={"word": "text_pattern_ops"}),
)

corrections: Final = Table(
    "corrections",  # of identity, by hand: see the module `corrections`
    metadata,
    Column("entity_id", Text, primary_key=True),  # a canonical entity
    Column("article_id", Text, primary_key=True),  # in which it is another; empty: in all
    Column("into_id", Text, nullable=False),  # the canonical entity that it is
    Column("made_at", UtcTime, nullable=False),
)

mentions: Final = Table(
    "mentions",
    metadata,
    _of_article(primary_key=True),
    _entity("entity_id", primary_key=True),
    Column("start_char", Integer, primary_key=True),
    Column("end_char", Integer, primary_key=True),
    Index("ix_mentions_entity_id", "entity_id"),
)

claims: Final = Table(
    "claims",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    _of_article(nullable=False),
    Column("claim", Text, nullable=False),  # its id within the event, such as c1
    Column("start_char", Integer, nullable=False),
    Column("end_char", Integer, nullable=False),
    Column("spans", JSON, nullable=False),  # its pieces, [[start, end], …]
    Column("text", Text),  # null where events hold no text
    Column("kind", Text, nullable=False),
    _entity("speaker_id", nullable=True),  # null for the author
    Column("speaker_name", Text),
    Column("speaker_kind", Text, nullable=False),
    Column("speaker_confidence", Double, nullable=False),
    Column("cue", Text),
    Column("cue_start_char", Integer),
    Column("cue_end_char", Integer),
    Column("check_worthiness", Double, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("group_id", BigInteger, nullable=False),  # claims that repeat one another: see `repeats`
    Column("said_at", UtcTime, nullable=False),  # of the article, as are the two below
    Column("source", Text),
    Column("language", Text),
    UniqueConstraint("article_id", "claim", name="uq_claims_article_id_claim"),
    Index("ix_claims_said_at", "said_at", "id"),
    Index("ix_claims_check_worthiness", "check_worthiness", "id"),
    Index("ix_claims_speaker_id", "speaker_id", "said_at", "id"),
    Index("ix_claims_speaker_worth", "speaker_id", "check_worthiness", "id"),
    Index("ix_claims_source", "source", "said_at", "id"),
    Index("ix_claims_language", "language", "said_at", "id"),
    Index("ix_claims_group_id", "group_id"),
)

claim_bands: Final = Table(
    "claim_bands",
    metadata,
    Column("hash", BigInteger, primary_key=True),
    Column("claim_id", claims.c.id.type, ForeignKey("claims.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_claim_bands_claim_id", "claim_id"),
)

stances: Final = Table(
    "stances",  # of the speaker of a claim, in that claim
    metadata,
    Column("claim_id", claims.c.id.type, ForeignKey("claims.id", ondelete="CASCADE"), primary_key=True),
    _entity("target_id", primary_key=True),
    _entity("holder_id", nullable=True),  # null for the author
    Column("label", Text, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("said_at", UtcTime, nullable=False),
    Column("group_id", BigInteger, nullable=False, server_default="0"),  # the claim's
    # All that a series counts is in these two, so that it reads no row of the table.
    Index("ix_stances_target_id", "target_id", "said_at", "claim_id", "label", "group_id"),
    Index("ix_stances_holder_id", "holder_id", "target_id", "said_at", "claim_id", "label", "group_id"),
    Index("ix_stances_said_at", "said_at", "claim_id"),
)

article_stances: Final = Table(
    "article_stances",  # of a holder over the whole article, as the event's `stances` says
    metadata,
    Column("article_id", Text, ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
    _entity("holder_id", nullable=True),  # null for the author
    _entity("target_id"),
    Column("label", Text, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("claims", JSON, nullable=False),  # ids within the event, ["c1", …]
    Index("ix_article_stances_article_id", "article_id"),
    Index("ix_article_stances_holder_id", "holder_id"),
    Index("ix_article_stances_target_id", "target_id"),
)

topics: Final = Table(
    "topics",  # stances on topics that the sender gave
    metadata,
    Column("article_id", Text, ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
    Column("topic", Text, nullable=False),
    Column("holder", Text, nullable=False),  # article, author or entity
    _entity("holder_id", nullable=True),
    Column("label", Text, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("claims", JSON, nullable=False),  # ids within the event
    Index("ix_topics_article_id", "article_id"),
    Index("ix_topics_topic", "topic"),
    Index("ix_topics_holder_id", "holder_id"),
)

watches: Final = Table(
    "watches",  # saved searches whose matches are delivered
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("filters", JSON, nullable=False),  # of `questions.Filters`, those that are set
    Column("url", Text),  # null: to the topic of matches
    Column("created_at", UtcTime, nullable=False),
    Column("delivered", BigInteger, nullable=False),
    Column("given_up", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),  # attempts since one last succeeded
    Column("problem", Text),  # of the last attempt
    Column("next_at", UtcTime, nullable=False),  # nothing of it is sent before
    Column("gone_at", UtcTime),  # when the receiver said that it wants no more
)

deliveries: Final = Table(
    "deliveries",  # matches that wait to be delivered; what they say is read from the claims when they are
    metadata,
    Column("id", Text, primary_key=True),
    Column("watch_id", Text, ForeignKey("watches.id", ondelete="CASCADE"), nullable=False),
    Column("article_id", Text, nullable=False),  # no key: a rebuild may carry a row over before its article is read
    Column("event", Text, nullable=False),  # see `matches.event_key`
    Column("claim", Text, nullable=False),  # its id within the event
    Column("matched_at", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False),  # begun
    Column("next_at", UtcTime, nullable=False),  # not sent before: whoever sends it moves this first
    Index("ix_deliveries_next_at", "next_at"),
    Index("ix_deliveries_watch_id", "watch_id"),
    Index("ix_deliveries_article_id", "article_id"),
)

CHILDREN: Final = (mentions, claims, stances, article_stances, topics)  # what an event gives beside its article
REFERENCES: Final = (  # where an entity that is still needed is referred to
    mentions.c.entity_id,
    claims.c.speaker_id,
    stances.c.target_id,
    stances.c.holder_id,
    article_stances.c.target_id,
    article_stances.c.holder_id,
    topics.c.holder_id,
)
