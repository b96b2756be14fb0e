"""What the brokers run on and are: Java from the machine, the jars from Maven Central by way of `deploy/kafka/pom.xml`.

They are fetched once, into a cache.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from service.core.errors import ConfigurationError

_JAVA_MINIMUM = 17  # Kafka 4 brokers run on no older one
_OTHER_WAYS = (
    "Or use `docker compose -f deploy/compose.yaml up`, "
    "or set CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS to a cluster that runs."
)

Progress = Callable[[str], None]


def find_java() -> str:
    """Return the path of a Java that can run the broker.

    Raises:
        ConfigurationError: there is none, or it is too old.
    """
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin")) if home else None
    java = java or shutil.which("java")
    if java is None:
        raise ConfigurationError(
            f"A local Kafka needs Java {_JAVA_MINIMUM} or newer, and none was found. {_OTHER_WAYS}"
        )
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < _JAVA_MINIMUM:
        found = version[1] if version else "an unknown version"
        raise ConfigurationError(f"A local Kafka needs Java {_JAVA_MINIMUM} or newer, not {found}. {_OTHER_WAYS}")
    return java


def fetch_jars(progress: Progress) -> Path:
    """Return the folder with the broker's jars, fetched by Maven the first time.

    Raises:
        ConfigurationError: Maven is missing or failed.
    """
    pom = resources() / "pom.xml"
    text = pom.read_text(encoding="utf-8")
    version = re.search(r"<kafka\.version>([^<]+)<", text)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = home / "claimwire" / "kafka" / f"{version[1] if version else 'unknown'}-{digest}"
    if cache.is_dir():
        return cache
    maven = shutil.which("mvn")
    if maven is None:
        raise ConfigurationError(f"A local Kafka is fetched by Maven, and no `mvn` was found. {_OTHER_WAYS}")
    progress("Fetching Apache Kafka with Maven (45 MB, once) …")
    cache.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix="part-", dir=cache.parent))
    command = [maven, "-q", "-B", "-f", str(pom), "dependency:copy-dependencies"]
    command += ["-DincludeScope=runtime", f"-DoutputDirectory={part}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        shutil.rmtree(part, ignore_errors=True)
        raise ConfigurationError(f"Maven could not fetch Kafka:\n{(done.stdout + done.stderr)[-2000:]}\n{_OTHER_WAYS}")
    try:
        part.rename(cache)  # atomic, also when another process fetches
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
    return cache


def resources() -> Path:
    """Return the folder with pom and templates: inside the package in a wheel, `deploy/kafka` in a checkout."""
    here = Path(__file__).resolve().parents[1]
    packaged = here / "_kafka"
    return packaged if packaged.is_dir() else here.parent / "deploy" / "kafka"
