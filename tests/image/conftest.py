"""The image, built by buildah on a Debian made by debootstrap, and run by runc. No engine and no registry of images."""

import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest

from service.local_kafka import LocalKafka
from service.settings import DEFAULT_MODEL, MULTILINGUAL_MODEL
from tests.progress import START, Progress

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".claimwire" / "image"
BASE = "localhost/claimwire-base:bookworm"
NEEDED = {"buildah": "buildah", "runc": "runc", "debootstrap": "debootstrap"}  # program to Debian package
WRITER = "cw_trying_for-trying-only"  # of deploy/trying


def run(*command: str | Path, timeout: float = 1_800, **environment: str) -> str:
    """Run a program to its end and return what it printed; a failure shows the end of its errors."""
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=timeout, env=os.environ | environment
    )
    assert ended.returncode == 0, f"{' '.join(map(str, command))}\n{ended.stdout[-2000:]}{ended.stderr[-4000:]}"
    return ended.stdout


@dataclass(frozen=True)
class Buildah:
    """Buildah with a storage of its own, so that nothing of the machine's is seen or changed."""

    storage: Path

    def __call__(self, *arguments: str | Path) -> str:
        """Run one of its commands. Isolation by chroot needs neither a network setup nor nested namespaces."""
        driver = os.environ.get("STORAGE_DRIVER", "overlay")
        return run(*self.command(driver), *arguments, BUILDAH_ISOLATION="chroot")

    def command(self, driver: str) -> list[str]:
        """Return the command up to its own arguments."""
        root, running = str(self.storage / "root"), str(self.storage / "run")
        return ["buildah", "--storage-driver", driver, "--root", root, "--runroot", running]

    def build(self, context: Path, tag: str, *extra: str) -> None:
        """Build a context on the base. The machine's own way to PyPI comes as secrets, as it would in a company."""
        secrets = _secrets(self.storage)
        network = ["--network", "host", "--format", "docker", "--layers", "--pull-never"]
        arguments = ["--build-arg", f"PYTHON_IMAGE={BASE}"]
        self("build", *network, *secrets, *arguments, *extra, "--tag", tag, context)


def _secrets(folder: Path) -> list[str]:
    lines = ["[global]"]
    secrets = ["--secret", f"id=pip,src={folder / 'pip.conf'}"]
    if index := os.environ.get("PIP_INDEX_URL"):
        lines.append(f"index-url = {index}")
    if authority := os.environ.get("PIP_CERT"):
        lines.append("cert = /run/secrets/ca.crt")
        secrets += ["--secret", f"id=ca,src={authority}"]
    (folder / "pip.conf").write_text("\n".join(lines) + "\n")
    return secrets


@pytest.fixture(scope="session")
def buildah() -> Iterator[Buildah]:
    """Buildah, with the base image in its storage."""
    if os.geteuid() != 0:
        pytest.fail("the image is built and run as root; start `make image-test` as root.")
    if missing := [package for program, package in NEEDED.items() if shutil.which(program) is None]:
        pytest.fail(f"not on the PATH; install Debian's packages {' '.join(missing)}.")
    tree = CACHE / "bookworm"
    if not (tree / "complete").exists():
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        packages = "--include=python3,python3-venv,ca-certificates"
        run("debootstrap", "--variant=minbase", packages, "bookworm", tree / "root")
        for waste in ("var/cache/apt/archives", "var/lib/apt/lists"):
            shutil.rmtree(tree / "root" / waste)
            (tree / "root" / waste).mkdir()
        (tree / "complete").touch()
    storage = CACHE / "storage"  # kept, so that the next run begins where nothing changed
    storage.mkdir(exist_ok=True)
    tool = Buildah(storage)
    if BASE not in tool("images", "--format", "{{.Name}}:{{.Tag}}").split():
        container = tool("from", "scratch").strip()
        tool("add", "--quiet", container, tree / "root", "/")
        tool("commit", "--quiet", "--rm", container, BASE)
    yield tool
    tool("rm", "--all")
    for mounted in (storage / "root").glob("overlay"):  # bound onto itself by buildah; else `make clean` finds it busy
        if mounted.is_mount():
            run("umount", mounted)


@pytest.fixture(scope="session")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the Dockerfile's build sees, with the models that the settings name and no other."""
    folder = tmp_path_factory.mktemp("context")
    for path in ("Dockerfile", ".dockerignore", "LICENSE", "README.md", "pyproject.toml"):
        shutil.copy(ROOT / path, folder)
    for path in ("service", "schemas", "requirements", "deploy/image", "deploy/kafka"):
        shutil.copytree(ROOT / path, folder / path, ignore=shutil.ignore_patterns("__pycache__"))
    for model in (DEFAULT_MODEL, MULTILINGUAL_MODEL):
        shutil.copytree(model, folder / "models" / model.name)
    return folder


@dataclass(frozen=True)
class Image:
    """A built image and its files, mounted."""

    configuration: Mapping[str, Any]
    files: Path
    size: int
    seconds: float


@pytest.fixture(scope="session")
def image(buildah: Buildah, context: Path) -> Image:
    """The image, built once for all tests."""
    began = time.monotonic()
    buildah.build(context, "localhost/claimwire:test", "--build-arg", "REVISION=test")
    seconds = time.monotonic() - began
    container = buildah("from", "--pull-never", "localhost/claimwire:test").strip()
    files = Path(buildah("mount", container).strip())
    inspected = json.loads(buildah("inspect", "--type", "image", "localhost/claimwire:test"))
    sizes = [path.lstat().st_size for path in files.rglob("*") if path.is_file() and not path.is_symlink()]
    return Image(configuration=inspected["Docker"]["config"], files=files, size=sum(sizes), seconds=seconds)


@dataclass
class Container:
    """A container of the image: read-only, without capabilities, on the machine's own loopback."""

    name: str
    port: int
    child: subprocess.Popen[bytes] = field(repr=False)
    log: Path

    def ask(self, method: str, path: str, body: bytes | None = None, key: str = WRITER) -> tuple[int, bytes]:
        """Send one request and return status and body."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def wait_for(self, path: str) -> float:
        """Return the seconds until the path answers 200; fail when the log grows no more."""
        began = time.monotonic()
        progress = Progress(still=START)
        while not progress.stalled(self.log.stat().st_size) and self.child.poll() is None:
            with contextlib.suppress(OSError, HTTPException):
                if self.ask("GET", path)[0] == 200:
                    return time.monotonic() - began
            time.sleep(0.02)
        pytest.fail(f"{path} did not answer 200; the log ends:\n{self.log.read_text()[-3000:]}")

    def execute(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command inside, as the container's own user."""
        return subprocess.run(
            ["runc", "exec", self.name, *command], capture_output=True, text=True, check=False, timeout=60
        )


def _start(image: Image, folder: Path, *, port: int, environment: Mapping[str, str], keys: bool = True) -> Container:
    """Start a container as deploy/k8s does: its user, a read-only root, no capabilities, no new privileges."""
    configuration = image.configuration
    user, group = map(int, configuration["User"].split(":"))
    values = dict(entry.split("=", 1) for entry in configuration["Env"]) | dict(environment)
    mounts = [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
        {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["size=256m", "mode=1777"]},  # noqa: S108  # inside
    ]
    if keys:
        source = str(ROOT / "deploy" / "trying")
        mounts.append({"destination": "/run", "type": "bind", "source": source, "options": ["bind", "ro"]})
    bundle = {
        "ociVersion": "1.0.2",
        "process": {
            "user": {"uid": user, "gid": group},
            "args": [*configuration["Entrypoint"], *configuration["Cmd"]],
            "env": [f"{name}={value}" for name, value in values.items()],
            "cwd": configuration["WorkingDir"],
            "noNewPrivileges": True,
            "capabilities": {},
        },
        "root": {"path": str(image.files), "readonly": True},
        "mounts": mounts,
        "linux": {"namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "ipc"}, {"type": "uts"}]},
    }
    (folder / "config.json").write_text(json.dumps(bundle))
    name, log = f"claimwire-test-{port}", folder / "log"
    with log.open("wb") as output:
        command = ["runc", "run", "--bundle", str(folder), name]
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    return Container(name=name, port=port, child=child, log=log)


@pytest.fixture(scope="session")
def start_container(image: Image) -> Callable[..., Container]:
    """A function that starts a container of the image in a folder of its own."""
    return partial(_start, image)


@pytest.fixture(scope="session")
def kafka() -> Iterator[LocalKafka]:
    """A broker for the container."""
    with LocalKafka() as cluster:
        yield cluster
