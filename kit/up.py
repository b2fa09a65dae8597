"""`forewarn up`: local services, the schema, first-run steps, and every role as a supervised process.

The roles are separate processes, so that the death of one is the death of one; it is started again. Their output
goes to ``logs/<role>.log`` in the data folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from kit import db
from kit.cli import EXIT_NEEDS_PERSON, flatten, pulse
from kit.errors import ForewarnError, ServiceError
from kit.plugins import hooks, roles, steps
from kit.services import LocalBroker, LocalPostgres
from kit.settings import RUN_FILE, Broker, Core, Database, Settings, load
from kit.supervise import Stop

MARK = "forewarn-data"  # says that a folder is ours, so that `reset` never deletes another
STOP_S = 10.0  # a role that has not drained by then is killed; its work is safe in the log
START_S = 60.0  # a role that cannot run by then needs a person; later, what it lacks was there and may come back
RESTART_S = 1.0  # pause before a role that died is started again
LOG_KEEP_BYTES = 10_000_000  # a role's log is begun anew past this size


class Up:
    """One run of the whole product on this machine."""

    def __init__(self, settings: Settings, *, demo: bool, port: int | None = None) -> None:
        self._settings = settings
        self._port = port
        self._demo = demo
        self._console = Console(highlight=False)
        self._stop = Stop()
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._due: dict[str, float] = {}
        self._began = time.monotonic()
        self._seen: set[str] = set()
        self._local: list[LocalPostgres | LocalBroker] = []

    def run(self) -> int:
        """Start everything, watch over it, stop it in order; the exit code.

        Raises ForewarnError when something that is needed cannot be had.
        """
        self._stop.on_signals()
        with _data_folder(self._settings), contextlib.ExitStack() as cleanup:
            self._services(cleanup)
            self._timed("schema", lambda: db.migrate(db.connect(self._settings)))
            for step in steps():
                if self._demo or not step.demo:
                    self._timed(step.label, lambda step=step: step.run(self._settings))
            cleanup.callback(self._stop_roles)
            for name, role in roles().items():
                if self._demo or not role.demo:
                    self._spawn(name)
            for line in (line for banner in hooks("banner") for line in banner(self._settings)):
                self._console.print(line, markup=False)
            self._console.print("Ctrl-C stops everything; `forewarn up` goes on where it was.", style="dim")
            return self._watch()

    def _timed(self, label: str, action: Any) -> Any:
        if self._stop.is_set():
            raise KeyboardInterrupt
        began = time.monotonic()
        result = action()
        self._console.print(f"  {label:<34}{time.monotonic() - began:5.1f} s", style="dim", markup=False)
        return result

    def _services(self, cleanup: contextlib.ExitStack) -> None:
        found: dict[str, dict[str, Any]] = {}
        self._settings = _as_given(self._settings)
        if self._port is not None:
            found |= {"api": {"port": self._port}, "core": {"public_url": f"http://127.0.0.1:{self._port}"}}
        if self._settings.of(Database).url is None:
            postgres = LocalPostgres(self._settings.data_path("postgres"))
            found["database"] = {"url": self._timed("PostgreSQL", postgres.start)}
            cleanup.callback(postgres.stop)
            self._local.append(postgres)
        if self._settings.of(Broker).url is None:
            broker = LocalBroker(self._settings.data_path("broker", "x").parent)
            found["broker"] = {"url": self._timed("MQTT broker", broker.start)}
            cleanup.callback(broker.stop)
            self._local.append(broker)
        run_file = self._settings.data_path(RUN_FILE)
        run_file.touch(mode=0o600)
        run_file.write_text(json.dumps({"pid": os.getpid(), "settings": found}), "utf-8")
        cleanup.callback(run_file.unlink, missing_ok=True)
        self._settings = load(self._settings.file)

    def _spawn(self, name: str) -> None:
        config = {"FOREWARN_CONFIG": str(self._settings.file)} if self._settings.file else {}
        path = self._log_path(name)
        begin_anew = path.exists() and path.stat().st_size > LOG_KEEP_BYTES
        with path.open("w" if begin_anew else "a", encoding="utf-8") as log:
            self._children[name] = subprocess.Popen(  # noqa: S603 - our own command line
                [sys.executable, "-m", "kit.cli", "worker", "run", "--role", name],
                env=os.environ | {"FOREWARN_PARENT_PID": str(os.getpid()), **config},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _log_path(self, name: str) -> Path:
        return self._settings.data_path("logs", f"{name}.log")

    def _watch(self) -> int:
        with self._console.status("starting …") as line:
            while not self._stop.wait(0.5):
                self._restart_the_dead()
                line.update(self._progress())
        return 0

    def _restart_the_dead(self) -> None:
        for service in self._local:
            if not service.alive():
                try:
                    service.start()
                except ForewarnError as error:
                    self._console.print(error.problem, markup=False)
        for name, child in list(self._children.items()):
            code = child.poll()
            if code is None:
                continue
            if code == EXIT_NEEDS_PERSON and time.monotonic() - self._began < START_S:
                lines = self._log_path(name).read_text("utf-8", errors="replace").strip().splitlines()
                raise ServiceError(f"The role '{name}' cannot run: {' '.join(lines[-2:])}")
            if name not in self._due:
                self._console.print(f"{name} ended ({code}) and is started again. Log: {self._log_path(name)}")
                self._due[name] = time.monotonic() + RESTART_S
            elif time.monotonic() >= self._due[name]:
                del self._due[name]
                self._spawn(name)

    def _progress(self) -> str:
        try:
            facts = flatten(pulse(self._settings))
        except (ForewarnError, SQLAlchemyError) as error:
            return f"waiting: {str(error).splitlines()[0]}"
        for fact in facts:
            name, _, value = fact.rpartition("  ")
            if name not in self._seen and value != "0" and value.replace(",", "").isdigit():
                self._seen.add(name)
                self._console.print(f"  {time.monotonic() - self._began:5.1f} s  first {name}", style="dim")
        return " · ".join(facts)

    def _stop_roles(self) -> None:
        self._console.print("Stopping …", style="dim")
        for name in reversed(list(self._children)):
            self._children[name].terminate()
        deadline = time.monotonic() + STOP_S
        for name, child in reversed(list(self._children.items())):
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._console.print(f"{name} did not stop in time and was killed.", markup=False)
                child.kill()
                child.wait()


@contextlib.contextmanager
def _data_folder(settings: Settings) -> Iterator[None]:
    """Hold the data folder: one `up` at a time."""
    mark = settings.data_path(MARK)
    try:
        mark.touch()
        with FileLock(settings.data_path("up.lock"), timeout=0):
            yield
    except Timeout:
        raise ServiceError(
            f"Forewarn is already running on {mark.parent}.",
            "Stop it with Ctrl-C where it runs, or give this one another folder: FOREWARN__CORE__DATA_DIR=…",
        ) from None


def _as_given(settings: Settings) -> Settings:
    """The settings without what an `up` that was killed wrote about its own services."""
    settings.data_path(RUN_FILE).unlink(missing_ok=True)
    return load(settings.file)


def clear(settings: Settings, agreed: Callable[[str], bool]) -> bool:
    """Delete the data folder, and Forewarn's tables in a database that was given; whether that was `agreed`.

    Refuses while `up` runs on the folder, and a folder that Forewarn did not make.
    """
    folder = settings.of(Core).data_dir.absolute()
    if folder.exists() and not (folder / MARK).exists():
        raise ServiceError(f"{folder} was not made by Forewarn, so it is not deleted.", "Check [core] data_dir.")
    with _data_folder(settings):
        settings = _as_given(settings)
        own = settings.of(Database).url is not None
        if not agreed(f"{folder}" + (" and every Forewarn table in your database" if own else "")):
            return False
        if (folder / "postgres" / "postmaster.pid").exists():
            postgres = LocalPostgres(folder / "postgres")
            postgres.start()
            postgres.stop()
        LocalBroker(folder / "broker").end_orphan()
        if own:
            db.drop_everything(db.connect(settings))
        shutil.rmtree(folder)
    return True
