"""Processes of a benchmark: started, listened to, weighed (CPU and memory), ended."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from kit.services import free_port

ROOT = Path(__file__).parents[3]
STOP_S = 60.0


@dataclass
class Child:
    """A process whose output lines can be read and whose input can be written; its complaints go to `log`."""

    command: list[str]
    log: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with self.log.open("ab") as errors:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), **self.environment},
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def line(self) -> str:
        """The next line that it prints. Raises RuntimeError with its log when it ended instead."""
        assert self.process.stdout
        found = self.process.stdout.readline()
        if not found:
            raise RuntimeError(f"{' '.join(self.command)} ended:\n{self.log.read_text('utf-8', 'replace')[-2000:]}")
        return found.strip()

    def say(self) -> None:
        """Give it the line it waits for."""
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def stop(self) -> None:
        """Ask it to end and wait for it."""
        with contextlib.suppress(OSError):
            self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def program(name: str, log: Path, *arguments: str) -> Child:
    """A module beside this one as a process."""
    return Child([sys.executable, "-m", f"tests.benchmarks.ingest.{name}", *arguments], log)


class Role(Child):
    """A role of the product, with its metrics within reach; under the profiler when `profile` names a file."""

    def __init__(self, name: str, environment: dict[str, str], log: Path, profile: Path | None = None) -> None:
        self.port = free_port()
        command = [str(Path(sys.executable).with_name("forewarn")), "worker", "run", "--role", name]
        if profile:
            command = [sys.executable, "-m", "cProfile", "-o", str(profile), *command]
        super().__init__([*command, "--metrics-port", str(self.port)], log, environment)

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels; 0 while the process is not up yet."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
                text = answer.read().decode()
        except OSError:
            if self.process.poll() is not None:
                raise RuntimeError(self.log.read_text("utf-8", "replace")[-2000:]) from None
            return 0.0
        lines = (line for line in text.splitlines() if line.startswith((f"{name} ", f"{name}{{")))
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


def cpu(pids: list[int]) -> float:
    """Seconds of CPU, user and system, of these processes and all that they started, ended ones included."""
    total = 0.0
    for process in _families(pids):
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def memory(pids: list[int]) -> float:
    """Resident memory in MB of these processes and their children."""
    total = 0
    for process in _families(pids):
        with contextlib.suppress(psutil.Error):
            total += process.memory_info().rss
    return total / 1e6


def _families(pids: list[int]) -> list[psutil.Process]:
    found: list[psutil.Process] = []
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            found += [process, *process.children(recursive=True)]
    return found
