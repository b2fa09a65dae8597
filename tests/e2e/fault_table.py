"""Print the fault table: what each ordeal costs in readings and seconds, on real services.

Example: python tests/e2e/fault_table.py --only "gateway,disk full" --outage 300
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]  # this is a program, run by its path

from plant import STEADY, Outcome, Plant, Shape, ordeal  # noqa: E402 - found through the line above

from tests.ingest.store.servers import InfluxServer, VictoriaServer  # noqa: E402 - likewise

COLUMNS = ("acknowledged", "stored", "lost", "twice", "duplicate", "balanced", "back s")
HEAD = f"{'fault':48} " + " ".join(f"{name:>9}" for name in COLUMNS)

DAY_MS = 86_400_000
SERVERS = {"influx": InfluxServer, "victoria": VictoriaServer}
_moments = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Ordeal:
    """One row: how the plant is built, and what is done to it."""

    name: str
    fault: Callable[[Plant], None]
    shape: Shape = STEADY
    store: str = ""
    nats: bool = False
    small_disk: bool = False
    proxied: bool = False


def kills(*roles: str, times: int = 3) -> Callable[[Plant], None]:
    """kill -9 at random moments."""

    def fault(plant: Plant) -> None:
        for _turn in range(times):
            time.sleep(_moments.uniform(0.3, 2.5))
            plant.restart(*roles)

    return fault


def broker_killed(plant: Plant) -> None:
    for _turn in range(3):
        time.sleep(_moments.uniform(0.5, 2.0))
        plant.restart_broker(1.0)


def postgres_killed(plant: Plant) -> None:
    for _turn in range(2):
        time.sleep(_moments.uniform(0.5, 2.0))
        plant.postgres.kill()
        time.sleep(5.0)
        plant.postgres.start()


def store_killed(plant: Plant) -> None:
    assert plant.server
    for _turn in range(2):
        time.sleep(_moments.uniform(0.5, 3.0))
        plant.server.stop()
        time.sleep(2.0)
        plant.server.start()


def store_away(seconds: float) -> Callable[[Plant], None]:
    def fault(plant: Plant) -> None:
        assert plant.server
        plant.server.stop()
        time.sleep(seconds)
        plant.server.start()

    return fault


def disk_full(plant: Plant) -> None:
    assert plant.disk
    ballast = plant.disk / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 65_536)
    time.sleep(15)
    ballast.unlink()


def cut(plant: Plant) -> None:
    assert plant.proxy
    for _turn in range(5):
        time.sleep(_moments.uniform(0.3, 1.5))
        plant.proxy.cut()


def half_open(plant: Plant) -> None:
    assert plant.proxy
    plant.proxy.freeze()
    time.sleep(20)
    plant.proxy.thaw()


def nothing(_plant: Plant) -> None:
    time.sleep(2)


def ordeals(outage_s: float) -> list[Ordeal]:
    """Every row of the table."""
    return [
        Ordeal("nothing at all", nothing),
        Ordeal("kill -9 gateway, 5 times", kills("gateway", times=5)),
        Ordeal("kill -9 detector, 5 times", kills("detector", times=5)),
        Ordeal("kill -9 writer, 5 times", kills("writer", times=5)),
        Ordeal("kill -9 of all three at once, 3 times", kills("gateway", "writer", "detector")),
        Ordeal("kill -9 Mosquitto (durable profile), 3 times", broker_killed),
        Ordeal("kill -9 NATS as the broker, 3 times", broker_killed, nats=True),
        Ordeal("kill -9 InfluxDB 1.6, twice", store_killed, store="influx"),
        Ordeal("kill -9 VictoriaMetrics, twice", store_killed, store="victoria"),
        Ordeal("kill -9 PostgreSQL, twice", postgres_killed),
        Ordeal("disk full for 15 s", disk_full, small_disk=True),
        Ordeal(f"store away for {outage_s:g} s under load", store_away(outage_s), store="influx"),
        Ordeal("every message delivered three times", nothing, Shape(copies=3)),
        Ordeal("messages in any order within a second", nothing, Shape(shuffle=50)),
        Ordeal("device clocks a day ahead", nothing, Shape(skew_ms=DAY_MS)),
        Ordeal("device clocks a day behind", nothing, Shape(skew_ms=-DAY_MS)),
        Ordeal("network cut between gateway and broker, 5 times", cut, proxied=True),
        Ordeal("connection half open for 20 s", half_open, proxied=True),
    ]


def run(row: Ordeal, seconds: float, rate: float) -> Outcome:
    """One row on services of its own."""
    with tempfile.TemporaryDirectory(prefix="fw-", ignore_cleanup_errors=True) as name, ExitStack() as stack:
        folder = Path(name)
        server = (
            {"influx": InfluxServer, "victoria": VictoriaServer}[row.store](folder / "store") if row.store else None
        )
        if server:
            server.start()
            stack.callback(server.stop)
        disk = folder / "disk" if row.small_disk else None
        if disk:
            disk.mkdir()
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256m", "none", str(disk)], check=True)
            stack.callback(subprocess.run, ["umount", "-l", str(disk)], check=False)
        plant = Plant(folder / "plant", server=server, disk=disk, nats=row.nats, proxied=row.proxied)
        stack.callback(plant.close)
        return ordeal(plant, row.fault, seconds=seconds, rate=rate, shape=row.shape)


def say(line: str) -> None:
    """One line for the person at the terminal, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Print one line a row; the exit code says whether any lost or doubled a reading."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="rows whose name holds one of these, separated by commas")
    parser.add_argument("--seconds", type=float, default=10, help="load before and after the fault, in all")
    parser.add_argument("--rate", type=float, default=500, help="messages a second, twelve readings each")
    parser.add_argument("--outage", type=float, default=300, help="how long the store is away")
    asked = parser.parse_args()
    wanted = [part.strip() for part in asked.only.split(",") if part.strip()]
    rows = [row for row in ordeals(asked.outage) if not wanted or any(part in row.name for part in wanted)]
    say(HEAD)
    bad = 0
    for row in rows:
        found = run(row, asked.seconds, asked.rate)
        bad += bool(found.lost or found.twice or not found.ledger.balances())
        figures = (found.acknowledged, found.stored, found.lost, found.twice, found.ledger.duplicate)
        texts = [f"{figure:,}" for figure in figures] + ["yes" if found.ledger.balances() else "NO"]
        say(f"{row.name:48} " + " ".join(f"{t:>9}" for t in [*texts, f"{found.recovery_s:.1f}"]))
    say(f"rows with a loss, a double or an account that does not balance: {bad}")
    return int(bad > 0)


if __name__ == "__main__":
    raise SystemExit(main())
