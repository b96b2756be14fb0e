"""Processes of the service that the suite starts, stops, freezes and kills."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(kw_only=True)
class ServiceProcess:
    """One process, started again with the same environment as often as the suite likes."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                list(self.command),
                cwd=REPOSITORY,
                env={**os.environ, **self.environment},
                stdout=output,
                stderr=output,
            )

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        if self.alive and self.process is not None:
            self.process.send_signal(number)

    @property
    def alive(self) -> bool:
        """Whether it runs: one that ended by itself needed a hand."""
        return self.process is not None and self.process.poll() is None

    async def gone(self, within: float = 90.0) -> int:
        """Wait for its end, and return the exit code."""
        process = self.process
        if process is None:
            return 0
        return await asyncio.wait_for(asyncio.to_thread(process.wait), within)
