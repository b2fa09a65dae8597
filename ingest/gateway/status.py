"""What a gateway knows of its connection, in a small file that outlives it: for `doctor` and for its siblings.

One file for each client id, below ``data_dir/gateway``, replaced whole every two seconds and at every change. It also
remembers that the broker keeps a session for us: when it answers a connect without one, messages may be gone.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

import msgspec

from kit.clock import SystemClock
from kit.logs import get
from kit.plugins import Check

FOLDER = "gateway"
STALE_MS = 15_000  # a file not written for so long is of a gateway that is gone or hangs; shorter blames a busy machine
QUIET_MS = 30_000  # a sibling that has not caught up for so long may be hiding its devices' readings
RETIRED_MS = (
    24 * 3_600_000
)  # a gateway that is gone for so long is not waited for; shorter blames devices for its absence
TOLD_MS = 24 * 3_600_000  # how long `doctor` speaks of a lost session

_log = get("gateway.status")


@dataclass(frozen=True, slots=True)
class Facts:
    """The content of a status file; times in epoch milliseconds, 0 for never."""

    client_id: str
    broker: str
    filters: tuple[str, ...]
    pid: int = 0
    has_session: bool = False
    connected: bool = False
    since_ms: int = 0
    written_ms: int = 0
    caught_up_ms: int = 0
    last_message_ms: int = 0
    reconnects: dict[str, int] = field(default_factory=dict)
    sessions_lost: int = 0
    session_lost_ms: int = 0


class Status:
    """Keeps one gateway's facts. Any thread; without a folder it keeps them in memory only."""

    def __init__(self, client_id: str, broker: str, filters: tuple[str, ...], folder: Path | None = None) -> None:
        self._path = folder and folder / f"{quote(client_id, safe='')}.json"
        self._lock = threading.Lock()
        before = _read(self._path) if self._path else None
        facts = Facts(client_id, broker, filters)
        if before is not None and before.broker == broker:
            facts = replace(before, client_id=client_id, filters=filters, connected=False)
        self._facts = replace(facts, pid=os.getpid())
        self.former_filters = before.filters if before is not None and before.broker == broker else ()

    @property
    def facts(self) -> Facts:
        """What is known now."""
        return self._facts

    def connected(self, session_present: bool) -> bool:
        """The broker took us; whether it has lost the session that it kept for us."""
        now = SystemClock().now_ms()
        with self._lock:
            lost = self._facts.has_session and not session_present
            facts = replace(self._facts, since_ms=now)
            if lost:
                facts = replace(facts, sessions_lost=facts.sessions_lost + 1, session_lost_ms=now)
            self._facts = facts
        self._write()
        return lost

    def subscribed(self) -> None:
        """The subscriptions stand: from now on the broker keeps what comes in while we are away."""
        with self._lock:
            self._facts = replace(self._facts, connected=True, has_session=True)
        self._write()

    def disconnected(self, reason: str) -> None:
        """The connection ended, or could not be made."""
        with self._lock:
            count = self._facts.reconnects.get(reason, 0) + 1
            since = SystemClock().now_ms() if self._facts.connected else self._facts.since_ms
            reconnects = self._facts.reconnects | {reason: count}
            self._facts = replace(self._facts, connected=False, since_ms=since, reconnects=reconnects)
        self._write()

    def ended(self) -> None:
        """The gateway left the broker in good order."""
        with self._lock:
            self._facts = replace(self._facts, connected=False, since_ms=SystemClock().now_ms())
        self._write()

    def beat(self, caught_up: bool, last_message_ms: int) -> None:
        """Write that the gateway lives, and whether it has taken all that came."""
        now = SystemClock().now_ms()
        with self._lock:
            caught_up_ms = now if caught_up else self._facts.caught_up_ms
            last = max(last_message_ms, self._facts.last_message_ms)
            self._facts = replace(self._facts, caught_up_ms=caught_up_ms, last_message_ms=last)
        self._write()

    def siblings_vouch(self) -> bool:
        """Whether every other gateway is connected and has caught up, so that silence is the devices' own.

        One that is gone is waited for until it counts as retired: its devices are silent because it is.
        """
        if self._path is None:
            return True
        now = SystemClock().now_ms()
        others = [facts for facts in read_all(self._path.parent) if facts.client_id != self._facts.client_id]
        return all(
            (now - facts.written_ms < STALE_MS and facts.connected and now - facts.caught_up_ms < QUIET_MS)
            for facts in others
            if now - facts.written_ms < RETIRED_MS
        )

    def _write(self) -> None:
        if self._path is None:
            return
        with self._lock:
            self._facts = replace(self._facts, written_ms=SystemClock().now_ms())
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                fresh = self._path.with_suffix(".new")
                fresh.write_bytes(msgspec.json.encode(self._facts))
                fresh.replace(self._path)
            except OSError as error:  # a full disk must not end the connection; the file grows stale, which is true
                _log.warning("the gateway's status cannot be written", reason=error.strerror or type(error).__name__)


def checks(folder: Path, now_ms: int) -> Iterator[Check]:
    """A line for each gateway that ran on this data folder and is not retired."""
    for facts in read_all(folder):
        if now_ms - facts.written_ms < RETIRED_MS:
            yield _check(facts, now_ms)


def _check(facts: Facts, now_ms: int) -> Check:
    name = f"gateway {facts.client_id}"
    ended = ", ".join(f"{reason} {count}" for reason, count in sorted(facts.reconnects.items()))
    history = f"connections ended so far: {ended or 'none'}"
    if now_ms - facts.written_ms >= STALE_MS:
        detail = f"does not run; last seen {_ago(facts.written_ms, now_ms)}; {history}"
        return Check(name, False, detail, "Start it with `forewarn up` or `forewarn worker run --role gateway`.")
    if not facts.connected:
        detail = f"not connected, since {_ago(facts.since_ms, now_ms)}; {history}"
        return Check(name, False, detail, "See the gateway's log for why; check [broker] and the broker's access list.")
    if facts.sessions_lost and now_ms - facts.session_lost_ms < TOLD_MS:
        detail = (
            f"the broker lost the gateway's session {_ago(facts.session_lost_ms, now_ms)}: messages that it had taken"
            f" over may be gone; {history}"
        )
        fix = "Let the broker keep its sessions on disk, and look for gaps with `forewarn ledger`."
        return Check(name, False, detail, fix)
    last = f"last message {_ago(facts.last_message_ms, now_ms)}" if facts.last_message_ms else "no message yet"
    return Check(name, True, f"connected {_ago(facts.since_ms, now_ms)}; {last}; {history}")


def _ago(then_ms: int, now_ms: int) -> str:
    seconds = max(now_ms - then_ms, 0) / 1000
    return f"{seconds:,.0f} s ago" if seconds < 600 else f"{seconds / 60:,.0f} min ago"


def read_all(folder: Path) -> list[Facts]:
    """The facts of every gateway that ever ran on this data folder; unreadable files are left out."""
    found = [_read(path) for path in sorted(folder.glob("*.json"))] if folder.is_dir() else []
    return [facts for facts in found if facts is not None]


def _read(path: Path) -> Facts | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Facts)
    except (OSError, msgspec.MsgspecError):
        return None
