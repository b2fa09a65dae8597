"""The product as processes: starts roles, kills them, waits for facts. What a person would do with two terminals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


class Product:
    """`forewarn` processes that share one environment; `stop_all` ends them."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.environment = {"PATH": os.environ["PATH"], "COLUMNS": "200", **environment}
        self._folder = folder
        self.roles: dict[str, subprocess.Popen[bytes]] = {}

    def run(self, *words: str, expect: int | None = 0) -> str:
        """Run one command to its end; what it printed. `expect` is its exit code, None for any."""
        done = subprocess.run(
            [sys.executable, "-m", "kit.cli", *words],
            cwd=self._folder, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert expect in {None, done.returncode}, f"{words} ended {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def facts(self, *words: str) -> Any:
        """Run one command with ``--json``; what it printed, parsed."""
        return json.loads(self.run(*words, "--json"))

    def start(self, *names: str) -> None:
        """Start roles in the background; their output goes to ``<role>.log``."""
        for name in names:
            with (self._folder / f"{name}.log").open("ab") as log:
                self.roles[name] = subprocess.Popen(
                    [sys.executable, "-m", "kit.cli", "worker", "run", "--role", name],
                    cwd=self._folder, env=self.environment, stdout=log, stderr=log,
                )  # fmt: skip

    def kill(self, name: str) -> None:
        """kill -9."""
        self.roles[name].kill()
        self.roles.pop(name).wait()

    def stop_all(self) -> None:
        """SIGTERM to all, then make sure."""
        for process in self.roles.values():
            process.send_signal(signal.SIGTERM)
        for process in self.roles.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def wait_for(self, what: str, look: Callable[[], T], seconds: float = 90) -> T:
        """Ask `look` until it answers something true; fail with the roles' last words."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if answer := look():
                return answer
            for name, process in self.roles.items():
                assert process.poll() is None, f"{name} ended:\n{self.last_words()}"
            time.sleep(0.2)
        raise AssertionError(f"no {what} within {seconds} s\n{self.last_words()}")

    def last_words(self) -> str:
        """The end of every role's log."""
        logs = sorted(self._folder.glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-1500:]}" for log in logs)
