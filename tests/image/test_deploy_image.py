"""The image: what is in it, what is not, and that it runs as a cluster would run it."""

import asyncio
import json
import re
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from service.local_kafka import LocalKafka
from service.settings import KafkaSettings
from service.streaming.admin.topics import ensure_topics
from tests.progress import eventually, exit_code

ROOT = Path(__file__).parents[2]
READER = "cw_prometheus_for-trying-only"  # of deploy/trying
GIB = 2**30


def test_the_image_describes_itself(image: Any, record_testsuite_property: Callable[[str, object], None]) -> None:
    """A numeric user, SIGTERM, a health check and labels; size and build time are recorded."""
    configuration = image.configuration
    assert configuration["User"] == "10001:10001"
    assert configuration["StopSignal"] == "SIGTERM"
    assert (configuration["Entrypoint"], configuration["Cmd"]) == (["claimwire"], ["serve"])
    assert "/health/live" in configuration["Healthcheck"]["Test"][-1]
    labels = configuration["Labels"]
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert labels["org.opencontainers.image.revision"] == "test"
    record_testsuite_property("build_seconds", round(image.seconds))
    record_testsuite_property("size_mib", round(image.size / 2**20))
    assert image.size < 1.5 * GIB


def test_nothing_to_build_with_is_left(image: Any) -> None:
    """The final stage has no compiler, no installed pip, no torch, no source tree, no secret and no test."""
    names = {path.name for folder in ("usr/bin", "usr/local/bin") for path in (image.files / folder).glob("*")}
    assert not names & {"gcc", "cc", "g++", "clang", "ld", "make", "cargo"}
    packages = {
        path.name for path in next((image.files / "opt/claimwire/lib").glob("python3*/site-packages")).iterdir()
    }
    assert {"service", "schemas", "openvino"} <= packages
    assert not packages & {"pip", "torch", "pytest", "hatchling", "training", "tests"}
    for absent in ("src", "etc/pip.conf", "run/secrets/ca.crt", "opt/build"):
        assert not (image.files / absent).exists(), absent


def test_the_bill_of_materials_is_complete(image: Any) -> None:
    """Every package of the lock file, Debian's packages, and each file of the model with its hash are listed."""
    bill = json.loads((image.files / "opt/claimwire/sbom.cdx.json").read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    listed = {component.get("purl") for component in bill["components"]}
    text = (ROOT / "requirements" / "service.lock").read_text()
    locked = {
        f"pkg:pypi/{name}@{version}"
        for name, version in re.findall(r"^([a-z0-9.-]+)==([^ ;]+) \\$", text, flags=re.MULTILINE)
    }
    assert len(locked) > 40
    assert locked <= listed
    assert any(str(purl).startswith("pkg:deb/debian/libc6@") for purl in listed)
    models = [component for component in bill["components"] if component["type"] == "machine-learning-model"]
    for model, folder in zip(models, ("model", "multilingual-model"), strict=True):
        names = {file["name"] for file in model["components"]}
        assert names == {path.name for path in (image.files / "opt" / folder).iterdir()}


def test_a_changed_byte_ends_the_build(buildah: Any, image: Any, context: Path, tmp_path: Path) -> None:
    """The model is verified while the image is built: another byte in a weight, and there is no image."""
    assert image.size
    changed = tmp_path / "context"
    shutil.copytree(context, changed)
    victim = next(path for path in changed.glob("models/*/*") if path.suffix == ".onnx")
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    with pytest.raises(AssertionError, match=victim.name):
        buildah.build(changed, "localhost/claimwire:changed", "--target", "build")


@pytest.fixture(scope="module")
def running(
    start_container: Callable[..., Any], kafka: LocalKafka, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Any, float, float]]:
    """A container beside a broker, with the seconds until it was live and until it was ready."""
    settings = KafkaSettings(bootstrap_servers=kafka.bootstrap())
    asyncio.run(ensure_topics(settings, partitions=4))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    began = time.monotonic()
    container = start_container(
        tmp_path_factory.mktemp("bundle"),
        port=port,
        environment={
            "CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap(),
            "CLAIMWIRE_API__PORT": str(port),
            "CLAIMWIRE_API__AUTH__KEYS_FILE": "/run/api-keys",
        },
    )
    live = container.wait_for("/health/live")
    container.wait_for("/health/ready")
    yield container, live, time.monotonic() - began
    if container.child.poll() is None:
        container.child.kill()
        container.child.wait()


def test_it_starts_and_answers(
    running: tuple[Any, float, float], record_testsuite_property: Callable[[str, object], None]
) -> None:
    """Live, then ready; one article goes through; the start times are recorded."""
    container, live, ready = running
    record_testsuite_property("seconds_until_live", round(live, 1))
    record_testsuite_property("seconds_until_ready", round(ready, 1))
    sample = (ROOT / "schemas" / "examples" / "article.json").read_bytes()
    assert container.ask("POST", "/v1/articles", sample)[0] == 202
    enriched = b'claimwire_articles_total{outcome="enriched"} 1.0'
    eventually(
        lambda: enriched in container.ask("GET", "/metrics", key=READER)[1],
        "the article's event",
        moved=lambda: container.log.stat().st_size,
    )


def test_it_can_write_nothing_but_tmp(running: tuple[Any, float, float]) -> None:
    """It runs as an unprivileged user without capabilities, on a read-only root."""
    container = running[0]
    status = container.execute("python3", "-c", "print(open('/proc/self/status').read())").stdout
    assert re.search(r"^Uid:\t10001\t10001\t10001\t10001$", status, flags=re.MULTILINE)
    assert re.search(r"^CapEff:\t0+$", status, flags=re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\t1$", status, flags=re.MULTILINE)
    for place in ("/opt/model/x", "/opt/claimwire/x", "/x"):
        assert container.execute("python3", "-c", f"open('{place}', 'w')").returncode != 0, place
    assert container.execute("python3", "-c", "open('/tmp/x', 'w')").returncode == 0


def test_its_health_check_passes(running: tuple[Any, float, float], image: Any) -> None:
    """The image's own health check, run inside, says yes."""
    test: list[str] = image.configuration["Healthcheck"]["Test"]
    assert test[0] == "CMD"
    checked = running[0].execute(*test[1:])
    assert checked.returncode == 0, checked.stderr


def test_it_needs_keys_beyond_loopback(start_container: Callable[..., Any], tmp_path: Path) -> None:
    """Without keys it does not listen on 0.0.0.0: it says what to set, and exits."""
    container = start_container(tmp_path, port=1, environment={}, keys=False)
    assert exit_code(container.child, container.log) == 1
    assert "CLAIMWIRE_API__AUTH__KEYS_FILE" in container.log.read_text()


def test_sigterm_ends_it_cleanly(
    running: tuple[Any, float, float], record_testsuite_property: Callable[[str, Any], None]
) -> None:
    """SIGTERM to the first process drains it and ends it with exit code 0; the seconds that it takes are recorded."""
    container = running[0]
    began = time.monotonic()
    container.child.send_signal(signal.SIGTERM)
    assert exit_code(container.child, container.log) == 0, container.log.read_text()[-2000:]
    record_testsuite_property("seconds_to_stop", round(time.monotonic() - began, 1))
