"""The programs that are compared, each in processes of its own, as the comparison sees them."""

import json
import subprocess
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Protocol

from benchmarks.comparison.child import quotation
from benchmarks.comparison.quotations import Quotation

PATIENCE = 60.0  # seconds that a child may take to end once its input has


class Program(Protocol):
    """Something that finds direct quotations and their speakers in texts."""

    name: str

    def read(self, texts: Sequence[str]) -> list[list[Quotation]]:
        """Return the quotations of each text."""
        ...

    def processes(self) -> list[int]:
        """Return the ids of its processes, whose memory and processor time are its own."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class LineProgram:
    """A command that answers lines (`child`), in as many processes as it needs to use every core."""

    def __init__(self, command: Sequence[str], processes: int = 1) -> None:
        self._children = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")  # noqa: S603
            for _ in range(processes)
        ]
        self._threads = ThreadPoolExecutor(processes)
        try:
            (self.name,) = {str(self._line(child)) for child in self._children}
        except BaseException:
            self.close()
            raise

    def read(self, texts: Sequence[str]) -> list[list[Quotation]]:
        """Return the quotations of each text; each process reads its share of them."""
        many = len(self._children)
        shares = [list(texts[at::many]) for at in range(many)]
        found: list[list[Quotation]] = [[] for _ in texts]
        for at, answers in enumerate(self._threads.map(self._ask, self._children, shares)):
            found[at::many] = answers
        return found

    def processes(self) -> list[int]:
        """Return the children's ids."""
        return [child.pid for child in self._children]

    def close(self) -> None:
        """End the children by ending their input."""
        for child in self._children:
            _pipe(child.stdin).close()
        for child in self._children:
            child.wait(PATIENCE)
            _pipe(child.stdout).close()
        self._threads.shutdown()

    def _ask(self, child: subprocess.Popen[str], texts: Sequence[str]) -> list[list[Quotation]]:
        if not texts:
            return []
        line = _pipe(child.stdin)
        line.write(json.dumps(texts) + "\n")
        line.flush()
        answers = self._line(child)
        if not isinstance(answers, list):
            raise TypeError("a program answered in another form")
        return [[quotation(row) for row in rows] for rows in answers]

    @staticmethod
    def _line(child: subprocess.Popen[str]) -> object:
        line = _pipe(child.stdout).readline()
        if not line:
            raise RuntimeError(f"process {child.pid} ended without an answer; its errors stand above")
        answer: object = json.loads(line)
        return answer


def _pipe(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise RuntimeError("a child was started without a pipe")
    return pipe


def peak_memory(processes: Iterable[int]) -> int:
    """Return the most memory that processes held at once, each on its own, summed, in MiB (`VmHWM`)."""
    total = 0
    for process in processes:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
        (peak,) = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
        total += int(peak)
    return total // 1024


def processor_ticks(processes: Iterable[int]) -> int:
    """Return the clock ticks that processes have run, in user and kernel mode (proc(5), fields 14 and 15)."""
    total = 0
    for process in processes:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total
