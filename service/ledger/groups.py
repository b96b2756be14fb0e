"""Which group each claim belongs to: see `repeats`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select

from service.ledger.repeats import LIKE, alike, bands, shingles
from service.ledger.rows import AUTHOR, voice
from service.ledger.tables import claim_bands, claims, entities

_AT_ONCE: Final = 2_000  # hashes in one question
_CLAIMS: Final = 250  # whose candidates are in memory at once: the more claims a speaker has, the more there are


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leader:
    group: int
    parts: frozenset[str]


def assign_groups(
    connection: Connection, new: Sequence[dict[str, Any]], speakers: Sequence[str]
) -> list[dict[str, int]]:
    """Set `group_id` of claims that have ids and are not stored yet; return rows of `claim_bands` of those that lead.

    Args:
        connection: In the transaction that will store them.
        new: Rows of `claims`, in order.
        speakers: Whose each of them is.
    """
    rows: list[dict[str, int]] = []
    fresh: dict[int, list[_Leader]] = {}  # of these claims: no question finds them yet
    for start in range(0, len(new), _CLAIMS):
        part = new[start : start + _CLAIMS]
        parts = [shingles(row["text"] or "") for row in part]
        voices = speakers[start : start + _CLAIMS]
        hashes = [bands(speaker, each) for speaker, each in zip(voices, parts, strict=True)]
        known = _leaders(connection, {each for found in hashes for each in found})
        for row, own, found in zip(part, parts, hashes, strict=True):
            near = {  # a group has one leader
                leader.group: leader for each in found for leader in (*known.get(each, ()), *fresh.get(each, ()))
            }.values()
            best = max(near, key=lambda leader: (alike(own, leader.parts), -leader.group), default=None)
            if best is not None and alike(own, best.parts) >= LIKE:
                row["group_id"] = best.group
                continue
            row["group_id"] = row["id"]
            leader = _Leader(group=row["id"], parts=own)
            for each in found:
                fresh.setdefault(each, []).append(leader)
            rows += [{"hash": each, "claim_id": row["id"]} for each in set(found)]
    return rows


def led_by(connection: Connection, article_ids: Sequence[str]) -> list[int]:
    """Return the groups that a claim of one of the articles leads."""
    found = connection.execute(
        select(claims.c.group_id)
        .distinct()
        .join(claim_bands, claim_bands.c.claim_id == claims.c.id)
        .where(claims.c.article_id.in_(article_ids))
    )
    return [group for (group,) in found]


def lead_again(connection: Connection, groups: Sequence[int]) -> None:
    """Give groups whose leader was deleted a new one, the oldest claim that is left, so that they are still found."""
    if not groups:
        return
    oldest = select(func.min(claims.c.id)).where(claims.c.group_id.in_(groups)).group_by(claims.c.group_id)
    left = connection.execute(
        select(
            claims.c.id, claims.c.text, claims.c.speaker_name,
            entities.c.id, entities.c.type, entities.c.normalized_name, entities.c.ref, entities.c.article_id,
        )
        .outerjoin(entities, entities.c.id == claims.c.speaker_id)
        .where(claims.c.id.in_(oldest))
    )  # fmt: skip
    rows = []
    for claim, text, speaker_name, entity, kind, name, ref, article_id in left:
        speaker = AUTHOR
        if entity is not None:
            speaker = voice(kind, name, ref=ref, is_local=article_id is not None, name=speaker_name)
        rows += [{"hash": each, "claim_id": claim} for each in set(bands(speaker, shingles(text or "")))]
    if rows:
        connection.execute(insert(claim_bands), rows)


def _leaders(connection: Connection, hashes: Iterable[int]) -> dict[int, list[_Leader]]:
    wanted = sorted(hashes)
    found: dict[int, list[_Leader]] = {}
    made: dict[int, _Leader] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        rows = connection.execute(
            select(claim_bands.c.hash, claims.c.id, claims.c.group_id, claims.c.text)
            .join(claims, claims.c.id == claim_bands.c.claim_id)
            .where(claim_bands.c.hash.in_(wanted[start : start + _AT_ONCE]))
        )
        for each, claim, group, text in rows:
            if claim not in made:
                made[claim] = _Leader(group=group, parts=shingles(text or ""))
            found.setdefault(each, []).append(made[claim])
    return found
