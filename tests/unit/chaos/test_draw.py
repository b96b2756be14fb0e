"""Faults are drawn by a seed: the same for the same one, each kind in its turn, none with one that excludes it."""

from collections import Counter

import pytest

from tests.chaos.__main__ import options, steps_of
from tests.chaos.draw import draw
from tests.chaos.faults import FAULTS, fit

SEEDS = range(20)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_full_run_has_faults_together_and_each_kind_alone(seed: int) -> None:
    """Sixty moments: a third with two or three that fit together, and each kind alone and in company."""
    steps = draw(seed, steps=60)
    together = [step for step in steps if len(step) > 1]
    assert all(fit(step) for step in steps)
    assert len(together) == 20
    assert {len(step) for step in together} == {2, 3}
    assert {name for step in steps if len(step) == 1 for name in step} == set(FAULTS)
    assert {name for step in together for name in step} == set(FAULTS)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_kind_has_a_second_turn_before_each_had_its_first(seed: int) -> None:
    """Alone, where nothing keeps a kind from its turn, how often two kinds came differs by one at most."""
    steps = draw(seed, steps=60)
    alone = Counter(step[0] for step in steps if len(step) == 1)
    assert max(alone.values()) - min(alone[name] for name in FAULTS) <= 1


def test_only_the_kinds_that_were_asked_for_are_drawn() -> None:
    """Where one kind alone is left, it comes alone."""
    assert draw(1, steps=3, kinds=["broker killed"]) == [("broker killed",)] * 3
    few = draw(1, steps=9, kinds=["broker killed", "worker killed"])
    assert set(few[0]) == {"broker killed", "worker killed"}


@pytest.mark.parametrize(
    "names",
    [
        ("all brokers killed", "broker killed"),
        ("requests delayed", "requests reordered"),
        ("coordinator killed", "coordinator frozen"),
        ("poison records", "event too large"),
        ("worker killed", "worker killed"),
    ],
)
def test_faults_that_need_the_same_thing_do_not_come_together(names: tuple[str, ...]) -> None:
    """One broker, proxied worker, coordinator or writer cannot be two faults' at once, nor a kind its own company."""
    assert not fit(names)


def test_a_run_without_a_seed_draws_a_new_one_and_says_how_to_repeat_it() -> None:
    """Several runs have several seeds, and the command that each prints stands for the same faults."""
    runs = [options(["--short", "--delivery", "at-least-once"]) for _ in range(4)]
    assert len({run.seed for run in runs}) > 1
    for run in runs:
        assert run.again.startswith("python -m tests.chaos --short --delivery at-least-once --seed ")
        repeated = options(run.again.split()[3:])
        assert repeated.seed == run.seed
        assert steps_of(repeated) == steps_of(run)
        assert repeated.again == run.again


def test_names_of_faults_are_quoted_in_the_command_that_repeats_a_run() -> None:
    """They hold spaces, so that a shell would take them apart."""
    again = options(["--faults", "broker killed", "--seed", "3"]).again
    assert again == "python -m tests.chaos --faults 'broker killed' --seed 3"


def test_faults_can_be_asked_for_all_at_once() -> None:
    """With --together every moment has all of those that are named."""
    chosen = options(["--steps", "2", "--together", "--faults", "broker killed", "worker killed"])
    assert steps_of(chosen) == [("broker killed", "worker killed")] * 2
