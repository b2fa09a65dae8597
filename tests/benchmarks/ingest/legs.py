"""The legs: each runs one consumer under the load and says how fast and how dear it was."""

from __future__ import annotations

import contextlib
import io
import json
import pstats
import select
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import create_engine, text

from ingest.build import open_log
from ingest.config import Config
from ingest.ledger import totals
from ingest.registry.devices import by_identifiers
from kit.db import transaction
from kit.settings import load as load_settings
from tests.benchmarks.ingest import flood, stack
from tests.benchmarks.ingest.packets import Shape
from tests.benchmarks.ingest.plain import DATABASE
from tests.benchmarks.ingest.processes import ROOT, Child, Role, cpu, memory, program
from tests.benchmarks.ingest.progress import Progress
from tests.benchmarks.ingest.stack import Database

LOOK_S = 0.2  # between two looks at the consumers; more often costs them CPU
PATIENCE_S = 600.0
HOT_LINES = 25
OTHERS = 200  # ordinary devices beside one that floods
FLOODER = "hot-00000"
FLOOD_RATE = 1000.0  # messages a second
WARM_S = 3.0  # until every device is known and every kernel loaded
OURS = ("gateway", "detector", "writer")


@dataclass(frozen=True)
class Load:
    """What is offered: for so many seconds or `most` messages; `rate` 0 is as fast as the consumer takes it."""

    seconds: float
    devices: int = 1000
    shape: Shape = field(default_factory=Shape)
    most: int = sys.maxsize
    rate: float = 0.0
    faults: int = 0
    links: int = 16
    past_s: int = 3600
    backlog: int = 40_000  # messages; more measures the broker's queue, fewer lets the consumer starve between looks


@dataclass
class Measured:
    """One run of a leg. CPU and memory by process name, seconds and MB; latencies of findings in seconds."""

    messages: int
    readings: int
    seconds: float
    cpu: dict[str, float]
    memory: dict[str, float]
    latencies: list[float] = field(default_factory=list)
    samples: list[tuple[int, dict[str, float]]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Readings a second, from the first publish to the last reading dealt with."""
        return self.readings / self.seconds

    def micros(self, *names: str) -> float:
        """CPU microseconds a reading of these processes."""
        return 1e6 * sum(used for name, used in self.cpu.items() if name.split(" ")[0] in names) / self.readings


class Bench:
    """Runs legs one after the other in folders of their own."""

    def __init__(self, root: Path, database: Database, say: Callable[[str], None]) -> None:
        self._root = root
        self._database = database
        self._say = say
        self._number = 0

    def plain(self, load: Load) -> Measured:
        """The baseline; see `plain`."""
        with contextlib.ExitStack() as cleanup:
            folder = cleanup.enter_context(self._folder())
            port, broker_pid = cleanup.enter_context(stack.broker(folder / "broker"))
            url, influx_pid = cleanup.enter_context(stack.influx(folder / "influx", DATABASE))
            progress, counter = Progress.make(folder / "progress"), str(folder / "progress")
            words = ("--port", str(port), "--influx", url, "--progress", counter)
            child = cleanup.enter_context(ended(program("plain", folder / "log", *words)))
            child.line()
            pids = {"plain": [child.pid], "broker": [broker_pid], "influxd": [influx_pid]}
            run = Run(load, port, folder, progress, pids)
            run.go(lambda: progress.value, lambda: progress.value)
            child.process.terminate()
            child.line()
            run.finish()
            measured = run.measured()
            answer = stack.ask(url, "SELECT COUNT(*) FROM telemetry", DATABASE)
            stored = sum(json.loads(answer)["results"][0]["series"][0]["values"][0][1:])
            _same("readings in the plain pipeline's store", stored, run.sent * load.shape.readings)
            return measured

    def bare(self, load: Load) -> Measured:
        """The broker with a subscriber that only acknowledges."""
        with self._folder() as folder, stack.broker(folder / "broker") as (port, broker_pid):
            progress = Progress.make(folder / "progress")
            child = program(
                "bare", folder / "log", "subscribe", "--port", str(port), "--progress", str(folder / "progress")
            )
            with ended(child):
                child.line()
                run = Run(load, port, folder, progress, {"bare": [child.pid], "broker": [broker_pid]})
                run.go(lambda: progress.value, lambda: progress.value)
                return run.measured()

    def sockets(self, load: Load) -> Measured:
        """No broker at all: the load's sockets end in a sink."""
        with self._folder() as folder:
            progress = Progress.make(folder / "progress")
            child = program("bare", folder / "log", "sink", "--progress", str(folder / "progress"))
            with ended(child):
                run = Run(load, int(child.line()), folder, progress, {"bare": [child.pid]})
                run.go(lambda: progress.value, lambda: progress.value)
                return run.measured()

    def ours(self, load: Load, store: str = "parquet", gateways: int = 1, profile: bool = False) -> Measured:
        """The product: real roles as processes, each reading stored, scored and in the account.

        With `profile` they run under the profiler, and what took the time in each is said.
        """
        with contextlib.ExitStack() as cleanup:
            folder = cleanup.enter_context(self._folder())
            port, broker_pid = cleanup.enter_context(stack.broker(folder / "broker"))
            url = cleanup.enter_context(self._database.fresh(f"leg_{self._number}"))
            environment = _environment(folder, url, port) | {
                "FOREWARN__INGEST__DEVICE_RATE": "1000000",
                "FOREWARN__INGEST__DEVICE_BURST": "1000000",
            }
            pids = {"broker": [broker_pid], "postgres": [self._database.pid]}
            if store == "influx":
                address, pids["influxd"] = _influx(cleanup, folder)
                environment |= {
                    "FOREWARN__INGEST__STORE__KIND": "influx",
                    "FOREWARN__INGEST__STORE__INFLUX__URL": address,
                }
            roles = [
                cleanup.enter_context(
                    ended(Role(name, environment | more, folder / f"{name}.log", folder / name if profile else None))
                )
                for name, more in _roles(gateways, load)
            ]
            _until(lambda: all(role.metric("forewarn_gateway_broker_connected") for role in roles[2:]), "the gateways")
            pids |= {"detector": [roles[0].pid], "writer": [roles[1].pid]}
            pids |= {"gateway" + f" {at}" * (gateways > 1): [role.pid] for at, role in enumerate(roles[2:])}
            run = Run(load, port, folder, Progress.make(folder / "progress"), pids)
            each = load.shape.readings
            run.go(
                lambda: int(sum(role.metric("forewarn_gateway_readings_accepted_total") for role in roles[2:]) // each),
                lambda: int(
                    min(
                        roles[0].metric("forewarn_detector_readings_total"),
                        roles[1].metric("forewarn_writer_readings_stored_total"),
                    )
                    // each
                ),
            )
            measured = run.measured()
            self._check(url, run, load, measured)
            if profile:
                for role in roles:
                    role.stop()
                for name in OURS:
                    self._say(_hot(name, folder / name))
            return measured

    def flood(self, seconds: float, turns: int) -> str:
        """What a flooding device costs the others, at the default limits: phases of `seconds`, in turn."""
        with contextlib.ExitStack() as cleanup:
            folder = cleanup.enter_context(self._folder())
            port, _pid = cleanup.enter_context(stack.broker(folder / "broker"))
            url = cleanup.enter_context(self._database.fresh(f"leg_{self._number}"))
            environment = _environment(folder, url, port)
            roles = [
                cleanup.enter_context(ended(Role(name, environment, folder / f"{name}.log")))
                for name in ("detector", "writer", "gateway")
            ]
            _until(lambda: bool(roles[2].metric("forewarn_gateway_broker_connected")), "the gateway")
            engine = create_engine(url)
            with transaction(engine) as session:
                (flooder,) = by_identifiers(session, "demo", [FLOODER])
            engine.dispose()
            settings = load_settings(environ=environment)
            with contextlib.closing(open_log(settings)) as log:
                others = [f"car-{number:05}" for number in range(OTHERS)]
                measured = flood.Flood(port, log, others, flooder.identifier, flooder.no)
                measured.run(WARM_S, 0)
                measured.exhaust(settings.of(Config).device_burst + flood.AT_ONCE, 2 * FLOOD_RATE)
                pairs = [(measured.run(seconds, 0), measured.run(seconds, FLOOD_RATE)) for _ in range(turns)]
            return flood.report(pairs)

    def _check(self, url: str, run: Run, load: Load, measured: Measured) -> None:
        """The account must say what was sent; and when the findings of the faults were committed."""
        engine = create_engine(url)
        with transaction(engine) as session:
            counts = totals(session, "demo")
            rows = session.execute(
                text(
                    "SELECT device, extract(epoch FROM pg_xact_commit_timestamp(xmin)) FROM finding WHERE kind='raised'"
                )
            )
            found = {device: float(at) for device, at in rows}
        engine.dispose()
        wanted = run.sent * load.shape.readings + 4 * 12 * load.faults
        _same("readings stored in the account", counts.stored, wanted)
        _same("readings received in the account", counts.received, wanted)
        missing = [device for device in run.faults if device not in found]
        if missing:
            self._say(f"  no finding for {len(missing)} of {len(run.faults)} faults\n")
        measured.latencies = [found[device] - at for device, at in run.faults.items() if device in found]

    @contextlib.contextmanager
    def _folder(self) -> Iterator[Path]:
        self._number += 1
        folder = self._root / f"leg-{self._number}"
        folder.mkdir()
        yield folder


class Run:
    """The load against a consumer that is ready, and what everybody spent on it."""

    def __init__(self, load: Load, port: int, folder: Path, progress: Progress, pids: dict[str, list[int]]) -> None:
        self._load = load
        self._progress = progress
        self._pids = dict(pids)
        self._samples: list[tuple[int, dict[str, float]]] = []
        words = {
            "port": port, "devices": load.devices, "links": load.links, "signals": load.shape.signals,
            "times": load.shape.times, "seconds": load.seconds, "rate": load.rate, "most": load.most,
            "faults": load.faults, "past-s": load.past_s, "backlog": load.backlog, "progress": folder / "progress",
        }  # fmt: skip
        self._child = program("load", folder / "load.log", *(f"--{key}={value}" for key, value in words.items()))
        self.sent = 0
        self.faults: dict[str, float] = {}

    def go(self, taken: Callable[[], int], done: Callable[[], int]) -> None:
        """Warm, load, wait until all is done. `taken` and `done` count messages of the consumer since its start."""
        with ended(self._child):
            warm = int(json.loads(self._child.line())["warm"])
            before = warm + self._extra(4 - 1)
            self._follow(taken, lambda: done() >= before)
            self._pids["load"] = [self._child.pid]
            self._spent = {name: cpu(pids) for name, pids in self._pids.items()}
            self._child.say()
            self._follow(taken, self._told)
            self._spent |= {"load": self._spent["load"] - self._load_cpu}
            target = before + self._messages + self._extra(1)
            self._follow(taken, lambda: done() >= target)
            self.finish()
            self.sent = warm + self._messages

    def finish(self) -> None:
        """Everything is done by now."""
        self._seconds = time.time() - self._began

    def measured(self) -> Measured:
        """What it came to; call it when the consumer has written all it held."""
        used = {name: cpu(pids) - self._spent[name] for name, pids in self._pids.items() if name != "load"}
        used["load"] = -self._spent["load"]
        mb = self._samples[-1][1] if self._samples else {}
        readings = self._messages * self._load.shape.readings
        return Measured(self._messages, readings, self._seconds, used, mb, samples=self._samples)

    def _extra(self, each: int) -> int:
        """Messages' worth of readings that the faults add."""
        return each * 12 * self._load.faults // self._load.shape.readings

    def _told(self) -> bool:
        """Whether the load has ended; takes what it says."""
        assert self._child.process.stdout
        if not select.select([self._child.process.stdout], [], [], 0)[0]:
            self._load_cpu = cpu([self._child.pid])
            return False
        told = json.loads(self._child.line())
        self._began, self._messages = float(told["began"]), int(told["messages"])
        self.faults = told.get("faults", {})
        return True

    def _follow(self, taken: Callable[[], int], reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S + self._load.seconds
        while not reached():
            count = taken()
            self._progress.reach(count)
            self._samples.append((count, {name: memory(pids) for name, pids in self._pids.items()}))
            if time.monotonic() > deadline:
                raise RuntimeError(f"waited in vain: {taken()} messages taken of {self.sent}")
            time.sleep(LOOK_S)


def _environment(folder: Path, url: str, port: int) -> dict[str, str]:
    """Where the roles of a leg find what they need."""
    return {
        "FOREWARN__CORE__DATA_DIR": str(folder / "data"),
        "FOREWARN__DATABASE__URL": url.replace("+psycopg", ""),
        "FOREWARN__BROKER__URL": f"mqtt://127.0.0.1:{port}",
    }


def _roles(gateways: int, load: Load) -> list[tuple[str, dict[str, str]]]:
    """Detector, writer, and the gateways, each with the settings that only it has."""
    roles: list[tuple[str, dict[str, str]]] = [("detector", {}), ("writer", {})]
    if gateways == 1:
        return [*roles, ("gateway", {})]
    topics = [f"fw/v1/demo/car-{number:05}/telemetry" for number in range(load.devices)]
    shares = [topics[at::gateways] for at in range(gateways)]
    return [*roles, *(("gateway", {"FOREWARN__INGEST__SUBSCRIBE": json.dumps(share)}) for share in shares)]


def _influx(cleanup: contextlib.ExitStack, folder: Path) -> tuple[str, list[int]]:
    url, pid = cleanup.enter_context(stack.influx(folder / "influx", "forewarn"))
    return url, [pid]


def _hot(name: str, profile: Path) -> str:
    """The functions in which a role spent its own time."""
    out = io.StringIO()
    pstats.Stats(str(profile), stream=out).sort_stats("tottime").print_stats(HOT_LINES)
    lines = [line for line in out.getvalue().splitlines() if line.strip()]
    start = next(at for at, line in enumerate(lines) if "ncalls" in line)
    return f"\n{name}\n" + "\n".join(lines[start:]).replace(f"{ROOT}/", "") + "\n"


@contextlib.contextmanager
def ended(child: Child) -> Iterator[Child]:
    """The process ends with the block."""
    try:
        yield child
    finally:
        child.stop()


def _until(reached: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not reached():
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited in vain for {what}")
        time.sleep(0.1)


def _same(what: str, found: int, wanted: int) -> None:
    if found != wanted:
        raise RuntimeError(f"{what}: {found:,}, not {wanted:,}")
