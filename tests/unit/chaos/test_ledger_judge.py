"""The judge of the ledger's chaos finds what is planted: tables that are right pass, and nothing else does."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.chaos.ledger.__main__ import differences
from tests.chaos.ledger.worker import claims_of
from tests.ledger import enriched, expected, records, retracted

LOG = records(
    enriched("a", *claims_of("urn:article:1", 2), version=2),
    enriched("b", *claims_of("urn:article:4", 1)),
    retracted("c", version=3),
)
CLEAN = {"lost": 0, "left_over": 0, "stale": 0, "doubled": 0}

Tables = dict[str, Any]


def test_right_tables_pass() -> None:
    """What the topic says, and no difference."""
    wanted = expected(LOG)
    assert all(wanted[key]["rows"] for key in ("a", "b"))
    assert differences(wanted, copy.deepcopy(wanted)) == CLEAN


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (lambda it: it.pop("a"), {"lost": 1}),
        (lambda it: it.update(erased=it["b"]), {"left_over": 1}),
        (lambda it: it["a"].update(version=1), {"stale": 1}),
        (lambda it: it["a"]["rows"].pop(), {"stale": 1}),
        (lambda it: it["b"]["rows"].append(it["b"]["rows"][0]), {"stale": 1, "doubled": 1}),
        (lambda it: it["c"].update(rows=it["a"]["rows"][:2]), {"stale": 1, "doubled": 2}),
    ],
)
def test_a_wrong_table_is_found(damage: Callable[[Tables], object], found: dict[str, int]) -> None:
    """Each kind of damage is counted as what it is."""
    wanted = expected(LOG)
    damaged = copy.deepcopy(wanted)
    damage(damaged)
    assert differences(wanted, damaged) == CLEAN | found
