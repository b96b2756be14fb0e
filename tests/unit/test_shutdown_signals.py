"""Signals, from the first line of a command to its last, in a process of their own."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from service.shutdown import LEFT_AT_ONCE
from tests.progress import STILL

ROOT = Path(__file__).parents[2]
SIGNALS = [signal.SIGINT, signal.SIGTERM]


def _run(program: str) -> subprocess.CompletedProcess[str]:
    """Run a program that sends itself signals."""
    head = "import asyncio, os, signal, threading, time\nfrom service.shutdown import Lifecycle, leave\n"
    return subprocess.run(
        [sys.executable, "-c", head + textwrap.dedent(program)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=STILL,
        check=False,
    )


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_interrupts_the_start(number: signal.Signals) -> None:
    """Before the service runs, a signal is a KeyboardInterrupt, and what was begun is cleaned up."""
    ran = _run(f"""
        lifecycle = Lifecycle()
        lifecycle.listen()
        try:
            os.kill(os.getpid(), {number})
            time.sleep(60)
        except KeyboardInterrupt:
            print("cleaned up")
        leave()
    """)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "cleaned up\n", "")


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_drains_a_service_that_runs(number: signal.Signals) -> None:
    """Once it follows, a signal is an event to drain for, however long the loop has nothing to do."""
    ran = _run(f"""
        async def serve(lifecycle):
            lifecycle.follow()
            threading.Timer(0.1, os.kill, (os.getpid(), {number})).start()
            await lifecycle.wait()
            print("drained")
        lifecycle = Lifecycle()
        lifecycle.listen()
        asyncio.run(serve(lifecycle))
        leave()
    """)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == "drained"


def test_a_signal_interrupts_the_clean_up_after_a_failure() -> None:
    """A service that failed has no loop to tell any more; a signal then interrupts what is still going on."""
    ran = _run("""
        async def serve(lifecycle):
            lifecycle.follow()
        lifecycle = Lifecycle()
        lifecycle.listen()
        asyncio.run(serve(lifecycle))
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(60)
        except KeyboardInterrupt:
            leave()
    """)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_signals_within_a_second_are_one() -> None:
    """A terminal's and a supervisor's signal for one Ctrl-C ask once, in the last clean-up too."""
    ran = _run("""
        async def serve(lifecycle):
            lifecycle.follow()
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGTERM)
            await lifecycle.wait()
        lifecycle = Lifecycle()
        time.monotonic = lambda: 100.0
        lifecycle.listen()
        asyncio.run(serve(lifecycle))
        time.monotonic = lambda: 100.9
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), number)
        print("stopped the broker")
        leave()
    """)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == "stopped the broker"


@pytest.mark.parametrize("number", SIGNALS)
def test_a_later_signal_leaves_at_once(number: signal.Signals) -> None:
    """A second later a signal is another wish: the process ends where it is, and says so."""
    ran = _run(f"""
        lifecycle = Lifecycle()
        lifecycle.listen()
        time.monotonic = lambda: 100.0
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(60)
        except KeyboardInterrupt:
            time.monotonic = lambda: 101.0
            os.kill(os.getpid(), {number})
            time.sleep(60)
    """)
    assert ran.returncode == LEFT_AT_ONCE
    assert ran.stderr == "A second signal: leaving at once.\n"


def test_leaving_waits_for_no_thread() -> None:
    """A thread that nothing can interrupt, as one that loads a model, does not hold the process; output is written."""
    ran = _run("""
        from concurrent.futures import ThreadPoolExecutor
        ThreadPoolExecutor(1).submit(threading.Event().wait)
        print("done", end="")
        leave()
    """)
    assert (ran.returncode, ran.stdout) == (0, "done")
