"""The programs that operators use, run for real: outside `make test`, since they are not Python packages."""

import shutil
from collections.abc import Callable, Iterator

import pytest

from service.local_kafka import LocalKafka

PACKAGES = {
    "prometheus": "Debian's package prometheus",
    "promtool": "Debian's package prometheus",
}


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """A function that gives a program's path, or fails with what to install."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            pytest.fail(f"{name} is not on the PATH; install {PACKAGES[name]}.")
        return path

    return find


@pytest.fixture(scope="module")
def kafka() -> Iterator[LocalKafka]:
    """One broker for the service under observation."""
    with LocalKafka() as cluster:
        yield cluster
