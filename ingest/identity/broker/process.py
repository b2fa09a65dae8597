"""Mosquitto as our child: started on its folder, its log read through a pipe, ended with us."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time

import psutil

from ingest import metrics
from ingest.errors import BrokerFolderUnusable
from ingest.identity.broker import texts
from ingest.identity.broker.folder import BrokerFolder
from ingest.identity.broker.refusals import LogReader, Refused
from kit.errors import ServiceError
from kit.logs import get
from kit.services import find_mosquitto

PIECE = 1 << 20  # bytes read from the pipe at once
PIPE = 1 << 20  # bytes that the kernel keeps for us; less lets Mosquitto wait for this process in a burst
LINGER_S = 0.005  # between two reads: without it every line wakes us; the pipe must hold what comes meanwhile
SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ of Linux; elsewhere the pipe stays as it is
END_S = 30  # Mosquitto saves what waits before it ends; killed earlier it would lose that

_log = get("broker")


class MosquittoProcess:
    """One Mosquitto on `folder`. With `counting` it writes its debug log to us and refusals are counted."""

    def __init__(self, folder: BrokerFolder, counting: bool) -> None:
        self._folder = folder
        self._counting = counting
        self._reader = LogReader(lambda line: _log.warning("mosquitto says", line=line))
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start it; one that outlived its own `broker run` is ended first.

        Raises BrokerFolderUnusable, and ServiceError without Mosquitto.
        """
        if not (self._folder.path / texts.CONF).is_file():
            raise BrokerFolderUnusable(self._folder.path)
        binary = find_mosquitto()
        if binary is None:
            raise ServiceError("Mosquitto is not installed on this machine.", "Debian: apt install mosquitto.")
        self._end_orphan()
        command = [binary, "-c", str(self._folder.path / texts.CONF), *(["-v"] if self._counting else [])]
        self._process = subprocess.Popen(  # noqa: S603 - our own command line
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        )
        if self._process.stdout is not None:
            self._follow = threading.Thread(target=self._read, args=(self._process.stdout.fileno(),), daemon=True)
            self._follow.start()

    def ended(self) -> int | None:
        """Its exit code once it has ended."""
        return self._process.poll()

    def stop(self) -> None:
        """Let it save and end, and read its log to the end."""
        self._process.terminate()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._follow.join(END_S)

    def refused(self) -> dict[str, Refused]:
        """What it refused since the last call, by identity."""
        with self._lock:
            return self._reader.take()

    def not_booked(self, refused: dict[str, Refused]) -> None:
        """Keep these for the next call."""
        with self._lock:
            self._reader.give_back(refused)

    def _read(self, pipe: int) -> None:
        with contextlib.suppress(ImportError, OSError):
            import fcntl  # noqa: PLC0415 - not on every system

            fcntl.fcntl(pipe, SET_PIPE_SIZE, PIPE)
        while piece := os.read(pipe, PIECE):
            with self._lock:
                before = self._reader.connections
                metrics.broker_publishes_refused.inc(self._reader.feed(piece))
                metrics.broker_connections_refused.inc(self._reader.connections - before)
            time.sleep(LINGER_S)

    def _end_orphan(self) -> None:
        orphan = self._folder.running()
        if orphan is None or str(self._folder.path / texts.CONF) not in " ".join(orphan.cmdline()):
            return
        with contextlib.suppress(psutil.Error):
            orphan.terminate()
            orphan.wait(END_S)
