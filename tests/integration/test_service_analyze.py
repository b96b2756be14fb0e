"""`claimwire analyze`: files and streams in, lines of JSON out, no Kafka anywhere."""

import contextlib
import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.models import ON_SMALL

ROOT = Path(__file__).parents[2]
UNNEEDED = ("fastapi", "uvicorn", "aiokafka", "prometheus_client", "opentelemetry", "trafilatura")
ENGINES = {"onnxruntime", "openvino"}
TEXT = "“The bridge will open in May,” said Mayor Ada Lind. She added that it had cost 4.2 million crowns."


def _run(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the command where no Kafka could be reached."""
    return subprocess.run(
        [sys.executable, "-m", "service", "analyze", *arguments],
        input=stdin,
        cwd=ROOT,
        env=os.environ | ON_SMALL | {"CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1"},
        capture_output=True,
        timeout=240,
        check=False,
    )


def _analyze(*arguments: str, stdin: bytes = b"", code: int = 0) -> list[Any]:
    """Run the command, and return the parsed lines of its output."""
    done = _run(*arguments, stdin=stdin)
    assert done.returncode == code, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_plain_text_becomes_an_article_named_after_its_file(tmp_path: Path) -> None:
    """A file that is not JSON is the body, as it stands; claims point into it."""
    file = tmp_path / "bridge.txt"
    file.write_text(TEXT, encoding="utf-8")
    (event,) = _analyze(str(file))
    assert event["article"]["id"] == "bridge.txt"
    assert event["article"]["text_length"] == len(TEXT)
    assert {claim["speaker"]["name"] for claim in event["claims"]} == {"Ada Lind"}
    assert all(claim["text"] == TEXT[claim["start"] : claim["end"]] for claim in event["claims"])


def test_json_lines_give_lines_in_order_whatever_they_hold() -> None:
    """A sound article, a broken line, one in another language and a retracted one each give their line, in order."""
    lines = [
        json.dumps({"id": "a", "body": TEXT}).encode(),
        b'{"id": "b", "body": ""}',
        json.dumps({"id": "c", "body": "Le maire a dit que le pont serait ouvert en mai.", "language": "fr"}).encode(),
        json.dumps({"id": "d", "body": "x", "status": "canceled"}).encode(),
        b"{not json",
        json.dumps({"id": "e", "body": TEXT}).encode(),
    ]
    results = _analyze("-", stdin=b"\n".join(lines) + b"\n", code=1)
    assert [result["article"]["id"] for result in results] == ["a", "b", "c", "d", None, "e"]
    first, rejected, skipped, retracted, broken, last = results
    assert rejected["error"]["code"] == "empty-body"
    assert skipped["claims"] == skipped["entities"] == []
    assert skipped["reason"] == "language-not-supported"
    assert retracted["status"] == "canceled"
    assert broken["error"]["code"] == "not-json"
    assert first["claims"] == last["claims"]


def test_an_indented_article_is_one_article_and_topics_are_added(tmp_path: Path) -> None:
    """JSON over many lines is one Article, and `--topic` asks for stances on it."""
    file = tmp_path / "article.json"
    file.write_text(json.dumps({"id": "a", "body": TEXT}, indent=2), encoding="utf-8")
    (event,) = _analyze(str(file), "--topic", "The bridge should be opened", "--topic", "Cheese")
    assert [topic["topic"] for topic in event["topics"]] == ["The bridge should be opened", "Cheese"]


def test_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 give an error line and exit code 1."""
    file = tmp_path / "latin.txt"
    file.write_bytes("Der Bürgermeister sagte".encode("latin-1"))
    (result,) = _analyze(str(file), code=1)
    assert result["error"]["code"] == "not-utf8"


def test_a_file_that_is_not_there_is_one_clear_sentence(tmp_path: Path) -> None:
    """The error names the file and what to do, without a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "service", "analyze", str(tmp_path / "none.txt")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines() == [
        f"claimwire: There is no file {tmp_path / 'none.txt'}; name one, or - for standard input."
    ]


def test_a_text_is_read_without_the_libraries_of_the_service(tmp_path: Path) -> None:
    """Reading plain English text imports nothing of HTTP, Kafka, metrics, HTML pages or the other engine."""
    file = tmp_path / "bridge.txt"
    file.write_text(TEXT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "service", "analyze", str(file)],
        cwd=ROOT,
        env=os.environ | ON_SMALL,
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert len(imported & ENGINES) == 1  # the one that suits this processor
    assert imported.isdisjoint(UNNEEDED)


def test_errors_are_numbered_and_a_summary_ends_it() -> None:
    """On stderr each rejected line is named by its number, and a summary counts the outcomes."""
    lines = [
        json.dumps({"id": "a", "body": TEXT}),
        "",
        "{not json",
        json.dumps({"id": "c", "body": "Le maire a dit.", "language": "fr"}),
        json.dumps({"id": "d", "body": "x", "colour": "red"}),
    ]
    done = _run("-", stdin="\n".join(lines).encode())
    assert done.returncode == 1
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert [result["error"]["line"] for result in results if "error" in result] == [3, 5]
    told = [line for line in done.stderr.decode().splitlines() if not line.startswith("{")]
    assert [line.partition(":")[0] for line in told[:-1]] == ["stdin, line 3", "stdin, line 5"]
    assert re.fullmatch(r"1 read, 1 skipped, 2 rejected in \d+\.\d s", told[-1])


def test_errors_in_an_array_are_numbered() -> None:
    """On stderr an element that is no article is named by its place in the array."""
    done = _run("-", stdin=json.dumps([{"id": "a", "body": TEXT}, {"id": "b"}]).encode())
    assert done.returncode == 1
    assert "stdin, element 2: " in done.stderr.decode()


def test_progress_is_on_a_terminal_although_results_go_to_a_file(tmp_path: Path) -> None:
    """What is done is counted on stderr where that is a terminal, and is no part of the results."""
    shown, terminal = pty.openpty()
    results = tmp_path / "events.jsonl"
    with results.open("wb") as output:
        subprocess.run(
            [sys.executable, "-m", "service", "analyze", "-"],
            input=b'{"id": "a", "body": "' + TEXT.encode() + b'"}\n{"id": "b"}\n',
            cwd=ROOT,
            env=os.environ | ON_SMALL,
            stdout=output,
            stderr=terminal,
            timeout=240,
            check=False,
        )
    os.close(terminal)
    told = _all_of(shown)
    assert "loading the models …" in told
    assert re.search(r"1 articles? in \d+ s …", told)
    assert len(results.read_text().splitlines()) == 2


def _all_of(shown: int) -> str:
    """Return what was written to a terminal whose other end is closed."""
    parts = []
    with contextlib.suppress(OSError):  # what Linux answers at the end
        while part := os.read(shown, 65_536):
            parts.append(part)
    os.close(shown)
    return b"".join(parts).decode(errors="replace")


def test_each_line_comes_out_before_the_next_goes_in() -> None:
    """A pipe that is still open gets what is done: nothing waits for a batch to fill."""
    with subprocess.Popen(
        [sys.executable, "-m", "service", "analyze", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | ON_SMALL,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for name in ("a", "b", "c"):
            child.stdin.write(json.dumps({"id": name, "body": TEXT}).encode() + b"\n")
            child.stdin.flush()
            assert json.loads(child.stdout.readline())["article"]["id"] == name
        child.stdin.close()
        assert child.wait(60) == 0


def test_claims_as_rows_and_as_a_table(tmp_path: Path) -> None:
    """`--format csv` is a row for each claim under a header, `--format table` is for people."""
    file = tmp_path / "bridge.txt"
    file.write_text(TEXT, encoding="utf-8")
    (event,) = _analyze(str(file))
    rows = list(csv.DictReader(io.StringIO(_run(str(file), "--format", "csv").stdout.decode())))
    assert [(row["claim"], row["kind"], row["text"]) for row in rows] == [
        (claim["id"], claim["kind"], claim["text"]) for claim in event["claims"]
    ]
    assert {row["speaker"] for row in rows} == {"Ada Lind"}
    table = _run(str(file), "--format", "table").stdout.decode()
    assert "Who says what" in table
    assert "direct quote" in table


def test_a_list_of_entities_gives_ids_and_a_wrong_one_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command reads the list that the environment names; a line that is wrong ends it before anything is read."""
    article, listed = tmp_path / "a.txt", tmp_path / "list.csv"
    article.write_text(TEXT, encoding="utf-8")
    listed.write_text("id,name,type\nQ1,Ada Lind,person\n")
    monkeypatch.setenv("CLAIMWIRE_ENTITIES__FILE", str(listed))
    (event,) = _analyze(str(article))
    assert {each["name"]: each["ref"] for each in event["entities"]}["Ada Lind"] == "Q1"
    listed.write_text("id,name,type\nQ1,Ada Lind,planet\n")
    done = _run(str(article))
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(f"claimwire: The entity list {listed} is wrong in line 2: type: ".encode())
    assert done.stderr.count(b"\n") == 1
