"""A real PostgreSQL for the tests: Debian's programs, a temporary folder, on loopback, as a user without rights."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from service.local_kafka import free_ports
from service.local_kafka.scratch import Scratch
from tests.progress import Progress

_SCRIPT = Path(__file__).parent / "postgresql.sh"
_USER = "nobody"  # PostgreSQL refuses to run as root
_FAST = ("fsync=off", "full_page_writes=off")  # data outlives a killed server, and need not outlive a power cut
_PR_SET_PDEATHSIG = 1


class Postgres:
    """One server. It ends with the block, or with the process that started it, however that ends."""

    def __init__(self, *settings: str) -> None:
        self.port = free_ports(1)[0]
        self._settings = settings
        self._scratch = Scratch("postgres")
        self._scratch.path.chmod(0o755)
        self._data = self._scratch.path / "data"
        self._log = self._scratch.path / "server.log"
        self.programs = Path(subprocess.run([_SCRIPT], check=True, capture_output=True, text=True).stdout.strip())
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The database that every server has."""
        return self.url_at(self.port)

    def url_at(self, port: int) -> str:
        """The same database by way of another port, a proxy's."""
        return f"postgresql://claimwire@127.0.0.1:{port}/postgres"

    def __enter__(self) -> Self:
        """Make the data and start."""
        self._data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            user = pwd.getpwnam(_USER)
            os.chown(self._data, user.pw_uid, user.pw_gid)
        initdb = ["initdb", "--auth=trust", "--username=claimwire", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        self._run(*initdb, "-D", str(self._data))
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        """End it, and remove the data."""
        self.stop(signal.SIGQUIT)
        self._scratch.remove()

    def start(self) -> None:
        """Start on the data that is there, and return once it answers."""
        options = [
            *_FAST,
            f"port={self.port}",
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            *self._settings,
        ]
        arguments = [part for option in options for part in ("-c", option)]
        (self._data / "postmaster.pid").unlink(missing_ok=True)  # what a killed one left
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [self.programs / "postgres", "-D", str(self._data), *arguments],
                stdout=output,
                stderr=output,
                preexec_fn=_die_with_parent,  # noqa: PLW1509  # no thread of ours holds a lock that it needs
                cwd="/",
                **_as_nobody(),
            )
        progress = Progress()
        while self._ask("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)) != 0:
            progress.check(
                self._log.stat().st_size, f"PostgreSQL answers; its log ends: {self._log.read_text()[-500:]}"
            )
            time.sleep(0.05)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """End the server with a signal: SIGINT in good order, SIGQUIT at once, SIGKILL as a power cut would."""
        if self._process is None:
            return
        if number is signal.SIGKILL:
            for child in self._children():
                os.kill(child, signal.SIGKILL)
        self._process.send_signal(number)
        self._process.wait()
        self._process = None

    def _children(self) -> list[int]:
        if self._process is None:
            return []
        pid = self._process.pid
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def _run(self, program: str, *arguments: str) -> None:
        command = [self.programs / program, *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd="/", **_as_nobody())

    def _ask(self, program: str, *arguments: str) -> int:
        return subprocess.run([self.programs / program, *arguments], check=False, cwd="/").returncode


def _as_nobody() -> dict[str, object]:
    return {"user": _USER, "group": pwd.getpwnam(_USER).pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


if __name__ == "__main__":
    with Postgres() as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
