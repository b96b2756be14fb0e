"""A list of entities in a running service: ids in events, and a change of the file that needs no restart."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

TEXT = "“The bridge will open in May,” said Mayor Ada Lind. Harbour Board officials were silent."
LINE = '{{"id": "{}", "name": "Ada Lind", "type": "person"}}\n'


def test_events_have_ids_of_the_list_and_follow_it(start_service: Callable[..., Any], tmp_path: Path) -> None:
    """The worker's event and the analysis have the id; another list gives another, a wrong one changes nothing."""
    file = tmp_path / "list.jsonl"
    file.write_text(LINE.format("Q1"))
    service = start_service(CLAIMWIRE_ENTITIES__FILE=str(file))

    def refs(event: bytes) -> set[tuple[str, str | None]]:
        return {(each["name"], each["ref"]) for each in json.loads(event)["entities"] if each["type"] == "person"}

    def analyzed() -> set[tuple[str, str | None]]:
        status, event = service.ask("POST", "/v1/analyze", json.dumps({"id": "x", "body": TEXT}).encode())
        assert status == 200
        return refs(event)

    def check() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(service.ask("GET", "/health")[1])["checks"]["entities"][0]
        return found

    assert service.ask("POST", "/v1/articles", json.dumps({"id": "a", "body": TEXT}).encode())[0] == 202
    assert refs(service.event("a")) == analyzed() == {("Ada Lind", "Q1")}
    file.write_text(LINE.format("our-22"))
    service.eventually(lambda: analyzed() == {("Ada Lind", "our-22")}, "the changed list is in use")
    file.write_text(LINE.format("Q3") + "nonsense\n")
    service.eventually(lambda: check()["status"] == "warn", "the wrong list is told of")
    assert "line 2" in check()["output"]
    assert b"claimwire_entity_list_refused 1.0" in service.ask("GET", "/metrics")[1]
    assert analyzed() == {("Ada Lind", "our-22")}
    assert service.ask("GET", "/health/ready")[0] == 200


def test_a_wrong_list_at_the_start_ends_the_service(start_service: Callable[..., Any], tmp_path: Path) -> None:
    """With a sentence that has the line, and exit code 1."""
    file = tmp_path / "list.csv"
    file.write_text("id,name\nQ1,\n")
    service = start_service(ready=False, CLAIMWIRE_ENTITIES__FILE=str(file))
    service.eventually(lambda: service.child.poll() is not None, "it ends")
    assert service.child.poll() == 1
    last = service.log.read_text().strip().splitlines()[-1]
    assert last.startswith("claimwire: The entity list ")
    assert "is wrong in line 2: name: " in last
    assert "Traceback" not in service.log.read_text()
