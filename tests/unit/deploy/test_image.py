"""The Dockerfile as it is written; `make image-test` builds and runs it."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from service.settings import ModelSettings, Settings

ROOT = Path(__file__).parents[3]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
FINAL = DOCKERFILE.rpartition("\nFROM ")[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_image_holds_the_models_that_the_settings_name() -> None:
    """What `make serve` runs is what the image runs: the build asks the settings for the folders."""
    (asked,) = re.findall(r"python -c '(.+?)'", DOCKERFILE)
    answer = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=ROOT)
    settings = ModelSettings()
    assert settings.multilingual_directory is not None
    assert answer.stdout.split() == [settings.directory.name, settings.multilingual_directory.name]
    assert all((ROOT / "models" / name / "manifest.json").is_file() for name in answer.stdout.split())


def test_its_variables_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt variable would be a setting that is not set."""
    variables = dict(re.findall(r"(CLAIMWIRE_\w+)=(\S+)", FINAL))
    assert variables
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    settings = Settings.load()
    assert (settings.api.host, settings.api.port) == ("0.0.0.0", 8080)  # noqa: S104  # inside a container
    assert str(settings.model.directory) == "/opt/model"
    assert str(settings.model.multilingual_directory) == "/opt/multilingual-model"


def test_the_final_stage_only_copies() -> None:
    """The final stage installs nothing, does not run as root, and stops by SIGTERM to the service itself."""
    instructions = re.findall(r"^([A-Z]+) ", FINAL, flags=re.MULTILINE)
    assert "RUN" not in instructions
    assert re.search(r"^USER \d+:\d+$", FINAL, flags=re.MULTILINE)
    assert "\nSTOPSIGNAL SIGTERM\n" in FINAL
    assert '\nENTRYPOINT ["claimwire"]\n' in FINAL


def test_everything_is_installed_by_hash() -> None:
    """Each install names hashes or takes the wheel that was just built, and never compiles."""
    commands = re.findall(r"pip (?:--python \S+ )?install ((?:[^\\&\n]|\\\n)+)", DOCKERFILE)
    assert len(commands) == 3
    for command in commands:
        assert ("--require-hashes" in command and "--only-binary :all:" in command) or "--no-index" in command, command


def test_every_place_runs_the_same_version() -> None:
    """Dockerfile, compose and the overlays name the version of the package."""
    version = PROJECT["version"]
    assert f"ARG VERSION={version}\n" in DOCKERFILE
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
    images = {service["image"] for service in compose["services"].values()}
    for overlay in ("dev", "production", "scale"):
        rendered = (ROOT / "deploy" / "k8s" / "rendered" / f"{overlay}.yaml").read_text()
        images |= set(re.findall(r"^ +image: (.+)$", rendered, flags=re.MULTILINE))
    ours = {image for image in images if re.search(r"(^|/)claimwire[:@]", image)}
    assert {image.rpartition(":")[2] for image in ours} == {version}


def test_the_build_sees_what_is_named() -> None:
    """The ignore file lets in only what is listed, and what is listed exists."""
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    assert [line for line in lines[1:] if line.startswith("!") and not (ROOT / line[1:]).exists()] == []
