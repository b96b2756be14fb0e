"""When the breaker opens, and how it closes."""

from service.worker.breaker import Breaker


def breaker() -> Breaker:
    """Return one that opens above five failures among the last ten."""
    return Breaker(window=10, share=0.5, cooldown=10.0, longest=25.0)


def test_a_few_failures_open_nothing() -> None:
    """Three bad out of three are not half of ten."""
    one = breaker()
    one.record([True] * 3)
    assert not one.would_open(2)
    assert one.would_open(3)


def test_old_failures_are_forgotten() -> None:
    """Ten good ones push five bad ones out of the window."""
    one = breaker()
    one.record([True] * 5)
    one.record([False] * 10)
    assert one.failures == 0
    assert not one.would_open(5)


def test_a_failure_that_pushes_out_another_changes_nothing() -> None:
    """With the window full, what leaves it counts no more."""
    one = breaker()
    one.record([True] * 5 + [False] * 5)
    assert not one.would_open(5)
    assert one.would_open(6)


def test_share_one_never_opens() -> None:
    """A share of 1 switches it off."""
    one = Breaker(window=10, share=1.0)
    one.record([True] * 10)
    assert not any(one.would_open(failures) for failures in range(50))


def test_probes_come_later_and_later_until_one_goes_through() -> None:
    """Cool-downs double up to the longest; a reset begins anew."""
    one = breaker()
    one.trip(0.0)
    assert one.open
    assert not one.probe_due(9.9)
    assert one.probe_due(10.0)
    one.trip(10.0)
    assert not one.probe_due(29.9)
    assert one.probe_due(30.0)
    one.trip(30.0)
    assert one.probe_due(55.0)
    one.reset()
    assert not one.open
    one.trip(60.0)
    assert one.probe_due(70.0)
