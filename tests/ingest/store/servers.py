"""Real time-series servers for the tests, each on a free port with a folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

STARTS_WITHIN_S = 60
INFLUXD = """
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
[logging]
  level = "info"
"""


def binary(name: str) -> str:
    """Path of the server. Without it the test fails in CI, and is left out on a developer's machine."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")
    if path:
        return path
    message = f"{name} is not installed: apt-get install {'influxdb' if name == 'influxd' else name}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


class Server:
    """One server process; `url` is where it listens once started. The port stays the same over a restart."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(self.command(), stdout=log, stderr=log)
        end = time.monotonic() + STARTS_WITHIN_S
        while not self.answers():
            if time.monotonic() > end or self._process.poll() is not None:
                raise RuntimeError(f"{self.command()[0]} does not start:\n{self.log()}")
            time.sleep(0.05)

    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/ping", timeout=5) as answer:
                return answer.status == 204
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


class InfluxServer(Server):
    def command(self) -> list[str]:
        config = self.folder / "influxd.conf"
        config.write_text(INFLUXD.format(folder=self.folder, port=self.port))
        return [binary("influxd"), "-config", str(config)]

    def answers(self) -> bool:
        listens = re.search(r"Listening on HTTP.*addr=127\.0\.0\.1:(\d+)", self.log())
        if not listens:
            return False
        self.port = int(listens[1])
        return super().answers()


class VictoriaServer(Server):
    def start(self) -> None:
        if self.port:
            super().start()
            return
        for attempt in range(5):
            self.port = free_port()
            try:
                super().start()
            except RuntimeError:  # somebody else took the port meanwhile
                if attempt == 4:
                    raise
            else:
                return

    def command(self) -> list[str]:
        return [
            binary("victoria-metrics"),
            f"-storageDataPath={self.folder}/data",
            f"-httpListenAddr=127.0.0.1:{self.port}",
            "-retentionPeriod=100y",
            "-memory.allowedBytes=256MB",
        ]


def free_port() -> int:
    """A port that was free a moment ago: this server does not tell which one it took."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
