"""The files for Prometheus and Kubernetes, read by promtool and by kustomize."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scripts import load_script

DEPLOY = Path(__file__).parents[2] / "deploy"


def run(*command: str | Path, cwd: Path) -> str:
    """Run a program; its output is the failure's message where it fails."""
    ended = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_rules_are_rules(tool: Callable[[str], str]) -> None:
    """Promtool reads every rule."""
    assert "SUCCESS" in run(tool("promtool"), "check", "rules", "claimwire.rules.yaml", cwd=DEPLOY / "alerts")


def test_rules_fire_when_they_should(tool: Callable[[str], str]) -> None:
    """Each alert fires in its case, and only in its case."""
    assert "SUCCESS" in run(tool("promtool"), "test", "rules", "claimwire.test.yaml", cwd=DEPLOY / "alerts")


@pytest.mark.parametrize(
    ("line", "broken"),
    [
        ("unless on (job, partition) delta(claimwire:committed_offset:max[10m]) > 0", ""),
        ("expr: claimwire_ready == 0", "expr: claimwire_ready == 1"),
        ('claimwire_transactions_total{result!="committed"}', "claimwire_transactions_total"),
        ("max by (job, partition) (claimwire_lag_records)", "max by (job) (claimwire_lag_records)"),
        ("for: 3m", "for: 3h"),
    ],
)
def test_a_broken_rule_fails_its_test(tool: Callable[[str], str], tmp_path: Path, line: str, broken: str) -> None:
    """The rule tests work: a wrong rule does not pass them."""
    rules = (DEPLOY / "alerts" / "claimwire.rules.yaml").read_text()
    assert line in rules
    (tmp_path / "claimwire.rules.yaml").write_text(rules.replace(line, broken))
    shutil.copy(DEPLOY / "alerts" / "claimwire.test.yaml", tmp_path)
    command = [tool("promtool"), "test", "rules", "claimwire.test.yaml"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=120).returncode != 0


def test_the_scrape_configuration_is_one(tool: Callable[[str], str]) -> None:
    """Promtool reads compose's Prometheus configuration; the files that it names exist only in the container."""
    run(tool("promtool"), "check", "config", "--syntax-only", "prometheus.yaml", cwd=DEPLOY / "prometheus")


@pytest.mark.parametrize("overlay", ["dev", "production", "scale", "ledger"])
def test_rendered_files_are_what_kustomize_renders(overlay: str) -> None:
    """The rendered manifests are kustomize's own output, to the byte."""
    module = load_script(DEPLOY / "k8s" / "render.py")
    written = (DEPLOY / "k8s" / "rendered" / f"{overlay}.yaml").read_text()
    assert written == module.header() + module.render(overlay)
