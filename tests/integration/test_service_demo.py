"""`claimwire demo` and `claimwire kafka`, as a person runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SPEAKERS = {  # of the sample article, among others
    "Tomas Hallek",
    "Irena Dvoran",
    "Lena Okafor",
    "Basin Watch Network",
    "Pavel Brandt",
}


def _claimwire(*arguments: str, directory: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | variables
    return subprocess.run(
        [sys.executable, "-m", "service", *arguments],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def _processes(needle: str) -> list[str]:
    """Return the command lines of running processes that hold `needle`."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it ended meanwhile
        if needle in line:
            found.append(line)
    return found


def test_the_demo_prints_the_event_of_the_sample_and_leaves_nothing_running() -> None:
    """The event names the sample's speakers, its spans are exact, and no process of the demo is left."""
    done = _claimwire("demo", "--format", "json")
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    event = json.loads(line)
    body = json.loads((ROOT / "schemas/examples/article.json").read_bytes())["body"]
    for claim in event["claims"]:
        said = " … ".join(body[piece["start"] : piece["end"]] for piece in claim["spans"])
        assert claim["text"] in {said, f"{(claim['cue'] or {}).get('text')} {said}"}
        assert claim["spans"][0]["start"] == claim["start"]
        assert claim["spans"][-1]["end"] == claim["end"]
    named = {claim["speaker"]["name"] for claim in event["claims"]}
    assert len(named & SPEAKERS) >= 4, named
    assert event["stances"]
    assert _processes("claimwire-scratch-demo-") == []


def test_the_demo_is_readable() -> None:
    """For people, the demo prints tables with speakers, in another language too, and on stderr what it does."""
    done = _claimwire("demo", "--language", "ru")
    assert done.returncode == 0, done.stderr
    assert "Who says what" in done.stdout
    assert "Павел Брандт" in done.stdout
    assert "Posting the sample article over HTTP" in done.stderr


def test_kafka_start_leaves_a_broker_that_stop_ends(tmp_path: Path) -> None:
    """`kafka start` prints the address of a broker that takes topics; `kafka stop` ends that broker and says so."""
    started = _claimwire("kafka", "start", directory=tmp_path)
    try:
        assert started.returncode == 0, started.stderr
        address = {"CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS": started.stdout.strip()}
        ensured = _claimwire("topics", "ensure", "--partitions", "2", directory=tmp_path, **address)
        assert ensured.returncode == 0, ensured.stderr
        assert [line.split()[:2] for line in ensured.stdout.splitlines() if line.startswith("created")] == [
            ["created", "articles"],
            ["created", "articles.enriched"],
            ["created", "articles.dead-letter"],
        ]
        again = _claimwire("topics", "ensure", directory=tmp_path, **address)
        assert again.returncode == 0, again.stdout
        assert "created" not in again.stdout
    finally:
        stopped = _claimwire("kafka", "stop", directory=tmp_path)
    assert "Stopped 1 broker" in stopped.stderr
    assert _processes(str(tmp_path)) == []
    assert "No local Kafka" in _claimwire("kafka", "stop", directory=tmp_path).stderr
