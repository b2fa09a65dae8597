"""`forewarn up` as a newcomer meets it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from kit.services import free_port


class Terminal:
    """`forewarn up` in a terminal of its own, and other commands beside it, in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        plain = {key: value for key, value in os.environ.items() if not key.startswith("FOREWARN")}
        self._environment = plain | {"COLUMNS": "200", "PYTHONUNBUFFERED": "1"}
        self.port = free_port()
        self.process: subprocess.Popen[str] | None = None

    def up(self) -> None:
        with (self._folder / "up.out").open("a") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "kit.cli", "up", "--port", str(self.port)],
                cwd=self._folder, env=self._environment, stdout=out, stderr=out, text=True,
            )  # fmt: skip

    def printed(self) -> str:
        return (self._folder / "up.out").read_text()

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "kit.cli", *words]
        return subprocess.run(
            command, cwd=self._folder, env=self._environment, capture_output=True, text=True, check=False
        )

    def pulse(self) -> dict[str, dict[str, int]]:
        answer = self.run("status", "--json")
        return dict(json.loads(answer.stdout)) if answer.returncode == 0 else {}

    def roles(self) -> dict[str, psutil.Process]:
        assert self.process is not None
        found = {}
        for child in psutil.Process(self.process.pid).children():
            line = child.cmdline() if child.status() != psutil.STATUS_ZOMBIE else []
            if "--role" in line:
                found[line[-1]] = child
        return found

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def interrupt(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    yield terminal
    if terminal.process and terminal.process.poll() is None:
        terminal.interrupt()


def wait_for_case(terminal: Terminal) -> dict[str, dict[str, int]]:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        pulse = terminal.pulse()
        notices = pulse.get("notices", {})
        if pulse.get("cases", {}).get("open") and (notices.get("queued") or notices.get("delivered")):
            return pulse
        time.sleep(0.5)
    raise AssertionError(terminal.printed())


@pytest.mark.slow
def test_up_shows_a_case_and_its_notice_stops_cleanly_and_goes_on_where_it_was(terminal: Terminal) -> None:
    terminal.up()
    first = wait_for_case(terminal)
    assert re.search(rf"Console +http://127.0.0.1:{terminal.port}/console", terminal.printed())
    with urllib.request.urlopen(f"http://127.0.0.1:{terminal.port}/console/sign-in") as page:
        assert page.status == 200
    doctor = terminal.run("doctor")
    assert doctor.returncode == 0, doctor.stdout

    old = terminal.roles()
    old["gateway"].kill()
    old["gateway"].wait()
    deadline = time.monotonic() + 60
    while (again := terminal.roles().get("gateway")) is None and time.monotonic() < deadline:
        time.sleep(0.2)
    assert again is not None, "a role that was killed is started again"

    second = terminal.run("up", "--port", str(free_port()))
    assert second.returncode == 3
    assert "already running" in second.stderr
    assert terminal.interrupt() == 0
    assert "Traceback" not in terminal.printed()
    assert terminal.run("status").returncode == 3, "nothing runs any more"

    for start in (2, 3):
        terminal.up()
        deadline = time.monotonic() + 60
        while terminal.printed().count("Ctrl-C stops") < start and time.monotonic() < deadline:
            time.sleep(0.2)
        if start == 2:
            terminal.kill()
    pulse = terminal.pulse()
    assert pulse["cases"]["open"] >= first["cases"]["open"]
    assert pulse["readings"]["stored"] >= first["readings"]["stored"]
    assert terminal.interrupt() == 0
    terminal.up()
    deadline = time.monotonic() + 60
    while terminal.printed().count("Ctrl-C stops") < 4 and time.monotonic() < deadline:
        time.sleep(0.2)
    terminal.kill()
    reset = terminal.run("reset", "--yes")
    assert reset.returncode == 0, reset.stderr
    orphans = [
        p for p in psutil.process_iter(["cmdline"]) if str(terminal._folder) in " ".join(p.info["cmdline"] or [])
    ]
    psutil.wait_procs(orphans, timeout=30)
    assert not [p for p in orphans if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    assert not (Path(terminal._folder) / ".forewarn").exists()


@pytest.mark.slow
def test_a_port_in_use_is_a_sentence_and_the_fix(terminal: Terminal) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = terminal.run("up", "--no-demo", "--port", str(taken.getsockname()[1]))
    assert result.returncode == 3
    assert "in use" in result.stdout + result.stderr
    assert "--port" in result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr
