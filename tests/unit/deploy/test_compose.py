"""The compose file, as far as it can be checked without an engine: by its schema, and against what its parts take."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
import yaml

from service.__main__ import app
from service.settings import Settings

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("claimwire:")}


@cache
def schema() -> Any:
    """Return the schema of the Compose specification, as check-jsonschema carries it."""
    vendored = "check_jsonschema/builtin_schemas/vendor/compose-spec.json"
    return json.loads(Path(str(distribution("check-jsonschema").locate_file(vendored))).read_text())


def findings(document: Any) -> list[str]:
    """Return what the Compose specification has against a document."""
    validator = jsonschema.validators.validator_for(schema())(schema())
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in validator.iter_errors(document)]


def container_ports(name: str) -> set[int]:
    """Return the ports that a service answers on inside its network."""
    if name == "kafka":
        listeners = SERVICES[name]["environment"]["KAFKA_LISTENERS"]
        return {int(port) for port in re.findall(r":(\d+)", listeners)}
    return {int(str(port).rpartition(":")[2]) for port in SERVICES[name].get("ports", ())}


def addresses() -> Iterator[tuple[str, str, int]]:
    """Yield each container and the host and port that it connects to, by environment or mounted configuration."""
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if variable.endswith(("BOOTSTRAP_SERVERS", "BOOTSTRAPSERVERS")):
                for host, port in re.findall(r"([\w-]+):(\d+)", value):
                    yield name, host, int(port)
        for volume in service.get("volumes", ()):
            path = DEPLOY / volume.split(":")[0]
            if path.suffix == ".yaml":
                for host, port in re.findall(r"[\"/]([a-z][\w-]*):(\d+)\b", path.read_text()):
                    yield name, host, int(port)


def test_compose_keeps_to_the_specification() -> None:
    """The file has no key and no form that the Compose specification does not know."""
    assert findings(COMPOSE) == []


def unknown_key(document: Any) -> None:
    """Misspell a key."""
    document["services"]["claimwire"]["enviroment"] = {}


def unknown_condition(document: Any) -> None:
    """Wait for a condition that cannot be met."""
    document["services"]["topics"]["depends_on"]["kafka"]["condition"] = "healthy"


def bad_port(document: Any) -> None:
    """Publish a port under an invalid key."""
    document["services"]["claimwire"]["ports"] = [{"container_port": 8080}]


def bad_retries(document: Any) -> None:
    """Say the number of retries in a list."""
    document["services"]["kafka"]["healthcheck"]["retries"] = [20]


@pytest.mark.parametrize("break_it", [unknown_key, unknown_condition, bad_port, bad_retries])
def test_a_broken_compose_file_is_caught(break_it: Callable[[Any], None]) -> None:
    """Each way of breaking it gives a finding, so that no findings mean something."""
    broken = copy.deepcopy(COMPOSE)
    break_it(broken)
    assert findings(broken)


@pytest.mark.parametrize("name", OURS)
def test_every_variable_of_ours_is_a_setting(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service takes each container's environment, whole: a misspelt variable would end it at its start."""
    for variable, value in SERVICES[name].get("environment", {}).items():
        assert variable.startswith("CLAIMWIRE_")
        monkeypatch.setenv(variable, str(value))
    settings = Settings.load()
    if "depends_on" in SERVICES[name]:
        assert settings.kafka.bootstrap_servers == "kafka:9092"
        assert str(settings.api.auth.keys_file) == "/run/secrets/api-keys"


@pytest.mark.parametrize("name", OURS)
def test_every_command_of_ours_is_a_command(name: str) -> None:
    """The command line accepts every container's command."""
    command: Any = typer.main.get_command(app)
    words = list(SERVICES[name].get("command", ["serve"]))
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]
    if words != ["--help"]:
        command.make_context(name, words)


def test_compose_mounts_what_is_there() -> None:
    """Every bind mount and secret names a file of the repository, and a user who is not root can read the secrets."""
    mounts = [
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", ())
        if volume.startswith(".")
    ]
    files = [secret["file"] for secret in COMPOSE["secrets"].values()]
    assert mounts
    assert [path for path in (*mounts, *files) if not (DEPLOY / path).exists()] == []
    assert all((DEPLOY / path).stat().st_mode & 0o004 for path in files)
    named = {
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", ())
        if not volume.startswith(".")
    }
    assert named == set(COMPOSE["volumes"])


def test_compose_waits_for_what_can_come() -> None:
    """Each dependency exists, is started without a profile, and can meet its condition."""
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            awaited = SERVICES[other]
            assert "profiles" not in awaited or awaited["profiles"] == service.get("profiles"), (name, other)
            if how["condition"] == "service_healthy":
                assert awaited["healthcheck"]["test"][0] == "CMD", (name, other)
            if how["condition"] == "service_completed_successfully":
                assert awaited.get("restart", "no") == "no", (name, other)


def test_every_address_is_answered() -> None:
    """Each reference to another container has its name and a port that it listens on."""
    spoken = list(addresses())
    assert {("claimwire", "kafka", 9092), ("prometheus", "claimwire", 8080), ("grafana", "prometheus", 9090)} <= set(
        spoken
    )
    assert [each for each in spoken if each[1] not in SERVICES or each[2] not in container_ports(each[1])] == []


def test_what_is_open_is_open_to_this_machine_alone() -> None:
    """Every image has a version, every secret is declared, every port is on loopback, and no two want the same."""
    for name, service in SERVICES.items():
        assert set(service.get("secrets", ())) <= set(COMPOSE["secrets"]), name
        assert re.search(r":v?\d", service["image"].rpartition("/")[2]), name
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert len({port.split(":")[1] for port in ports}) == len(ports)
    head = (DEPLOY / "compose.yaml").read_text().partition("name:")[0]
    assert {port.split(":")[1] for port in ports} == set(re.findall(r"127\.0\.0\.1:(\d+)", head))


def test_one_service_builds_the_image_that_the_others_run() -> None:
    """The image is built once, from the repository, before anything of ours starts."""
    assert [name for name, service in OURS.items() if "build" in service] == ["claimwire-image"]
    context = (DEPLOY / OURS["claimwire-image"]["build"]["context"]).resolve()
    assert (context / "Dockerfile").is_file()
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    assert {service["image"] for service in OURS.values()} == {f"claimwire:{version[1]}"}


def test_compose_runs_the_service_as_a_cluster_would() -> None:
    """Containers are read-only and unprivileged, and have enough time to drain."""
    service = SERVICES["claimwire"]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert int(service["stop_grace_period"].removesuffix("s")) > Settings().worker.drain_timeout
