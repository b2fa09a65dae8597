"""The folder with Mosquitto's files: written once by `broker config`, kept in step with the registry by `sync`."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from ingest.errors import BrokerFolderUnusable
from ingest.identity import authority
from ingest.identity.authority import Authority
from ingest.identity.broker import texts
from ingest.identity.broker.enforced import Enforced
from ingest.identity.broker.texts import ForeignTopic, Listeners, Profile
from ingest.identity.credentials import SECRET_BYTES, broker_hash

ENVIRONMENT = "forewarn.env"
SERVICE_USER = "mosquitto"  # whom Mosquitto becomes when root starts it; it must read its files then


@dataclass(frozen=True, slots=True)
class BrokerFolder:
    """The files below `path`, for one tenant and Forewarn's own `account` at the broker."""

    path: Path
    tenant: str
    account: str = texts.ACCOUNT

    def write(
        self,
        ca: Authority,
        *,
        profile: Profile,
        listeners: Listeners,
        hosts: list[str],
        password: str | None,
        payload_kb: int,
    ) -> None:
        """Write everything that does not change with the registry; `sync` must follow.

        Again is harmless: the account's password stays unless one is given. `hosts` are the names under which
        devices reach the broker.
        """
        for name in (texts.DATA, texts.OWN_CONF):
            (self.path / name).mkdir(parents=True, exist_ok=True)
        self._put(texts.CONF, texts.conf(self.path, profile, listeners, payload_kb).encode())
        self._put(texts.AUTHORITY, ca.certificate)
        self._issue_server(ca, hosts)
        if password is not None or not (self.path / texts.PASSWORDS).exists():
            made = password or secrets.token_urlsafe(SECRET_BYTES)
            self._put(texts.PASSWORDS, texts.passwords(f"{self.account}:{broker_hash(made)}", {}, "").encode())
            self._put(ENVIRONMENT, self._environment(made, listeners).encode())
        self._give_away()

    def sync(self, ca: Authority, enforced: Enforced, foreign: Sequence[ForeignTopic], now: datetime) -> list[str]:
        """Bring access list, passwords, revocations and the broker's certificate up to date; the files that changed.

        Raises BrokerFolderUnusable when `write` was never here, or with another authority.
        """
        old, server = self._read(texts.PASSWORDS).decode("utf-8", "replace"), self._read(texts.SERVER)
        account = next((line for line in old.splitlines() if line.startswith(self.account + ":")), "")
        if not account or not server or self._read(texts.AUTHORITY) != ca.certificate:
            raise BrokerFolderUnusable(self.path)
        own_acl, own_passwords = (
            self._read(name).decode("utf-8", "replace") for name in (texts.OWN_ACL, texts.OWN_PASSWORDS)
        )
        wanted = {
            texts.PASSWORDS: texts.passwords(account, enforced.passwords, own_passwords),
            texts.ACL: texts.acl(self.tenant, self.account, enforced.revoked, foreign, own_acl),
        }
        changed = [name for name, text in wanted.items() if self._put(name, text.encode())]
        if ca.listed(self._read(texts.REVOCATIONS)) != {int(serial, 16) for serial in enforced.serials}:
            self._put(texts.REVOCATIONS, ca.revocations(list(enforced.serials), now))
            changed.append(texts.REVOCATIONS)
        if authority.renewal_due(server, now):
            self._issue_server(ca, authority.server_hosts(server))
            changed.append(texts.SERVER)
        self._give_away()
        return changed

    def reload(self) -> bool:
        """Tell a running Mosquitto to read its files again; False when none runs on this machine."""
        process = self.running()
        if process is None:
            return False
        with contextlib.suppress(psutil.Error):
            process.send_signal(signal.SIGHUP)
            return True
        return False

    def running(self) -> psutil.Process | None:
        """The Mosquitto that runs on this folder."""
        with contextlib.suppress(OSError, ValueError, psutil.Error):
            process = psutil.Process(int((self.path / texts.PID).read_text("ascii")))
            if "mosquitto" in process.name() and process.status() != psutil.STATUS_ZOMBIE:
                return process
        return None

    def _issue_server(self, ca: Authority, hosts: list[str]) -> None:
        issued = ca.server(hosts, datetime.now(UTC))
        self._put(texts.SERVER_KEY, issued.key or b"")
        self._put(texts.SERVER, issued.certificate)

    def _read(self, name: str) -> bytes:
        """A file that need not be there."""
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return b""

    def _put(self, name: str, content: bytes) -> bool:
        """Replace a file as a whole, readable by its owner only; whether that changed anything."""
        path = self.path / name
        if self._read(name) == content:
            return False
        fresh = path.with_name(f".{name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        authority.write_private(fresh, content)
        fresh.replace(path)
        return True

    def _give_away(self) -> None:
        """As root: let the user that Mosquitto becomes read its files, but not Forewarn's own password."""
        if os.geteuid() != 0:
            return
        with contextlib.suppress(LookupError):
            for path in (self.path, *self.path.iterdir()):
                if path.name != ENVIRONMENT:
                    shutil.chown(path, SERVICE_USER)

    def _environment(self, password: str, listeners: Listeners) -> str:
        host = "127.0.0.1" if listeners.own_address in {"0.0.0.0", "::"} else listeners.own_address  # noqa: S104
        return (
            "# For the processes of Forewarn; put it into their environment and keep it secret.\n"
            f"FOREWARN__BROKER__URL=mqtt://{host}:{listeners.own_port}\n"
            f"FOREWARN__BROKER__USERNAME={self.account}\n"
            f"FOREWARN__BROKER__PASSWORD={password}\n"
        )
