"""What lies between a device and the broker: a line that loses, repeats, delays, and a clock that goes wrong.

Everything is a pure function of (spec, seed, device, time), so that any cutting of a life gives the same; broker
restarts depend on the seed alone and strike all devices at once. With a perfect network a line changes nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import ceil
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from device_sim.models.chance import cell_noise, generator, number, smooth_noise
from device_sim.models.machine import DAY_MS, HOUR_MS, Floats, Instants

if TYPE_CHECKING:
    from device_sim.payload import Packet

REPEAT_WITHIN_MS = 2_000  # a packet that came so shortly before the broker went was not acknowledged: it comes again
STORM_MS = 30_000  # devices reconnect within so long after a restart; shorter strikes harder
SECOND_MS = 30_000  # the second of two copies comes up to so much later
HELD_MS = 120_000  # a packet that is overtaken is held back up to so long
CALM = 10.0  # delay changes over so many times its size: less, and packets would overtake each other


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """How bad a network is; all 0 is a perfect one.

    `loss`, `duplicates` and `reorder` are shares of packets (lost for good; heard twice; overtaken by later ones),
    `delay_s` the longest ordinary delay. A device's clock is off by up to `clock_skew_s`, for ever, and is reset to
    1970 `clock_resets_per_day` times, each time for up to `clock_lost_h` hours. A device has no connection
    `offline_per_day` times a day, for up to `offline_h` hours, and sends what it kept when it is back. The broker
    restarts `broker_restarts_per_day` times for all and is away for `broker_away_s`.
    """

    loss: float = 0.0
    duplicates: float = 0.0
    reorder: float = 0.0
    delay_s: float = 0.0
    clock_skew_s: float = 0.0
    clock_resets_per_day: float = 0.0
    clock_lost_h: float = 0.0
    offline_per_day: float = 0.0
    offline_h: float = 0.0
    broker_restarts_per_day: float = 0.0
    broker_away_s: float = 0.0

    def __post_init__(self) -> None:
        """Raises ValueError, beginning with the name of the field that makes no sense."""
        for name, value in asdict(self).items():
            most = 1.0 if name in SHARES else MOST[name]
            if not 0.0 <= value <= most:
                raise ValueError(f"{name} is {value:g}, it goes from 0 to {most:g}")
        for often, long, in_day in PAIRS:
            times, lasts = getattr(self, often), getattr(self, long)
            if times and not lasts:
                raise ValueError(f"{long} is 0, but {often} is not: say how long it lasts")
            if times * lasts > in_day:
                raise ValueError(f"{often} times {long} is more than a day")

    @property
    def perfect(self) -> bool:
        """Whether it changes nothing."""
        return self == PERFECT


SHARES = frozenset({"loss", "duplicates", "reorder"})
MOST = {  # beyond, the network would be all there is
    "delay_s": 3_600.0,
    "clock_skew_s": 86_400.0,
    "clock_resets_per_day": 24.0,
    "clock_lost_h": 48.0,
    "offline_per_day": 24.0,
    "offline_h": 240.0,
    "broker_restarts_per_day": 24.0,
    "broker_away_s": 3_600.0,
}
PAIRS = (
    ("clock_resets_per_day", "clock_lost_h", 24),
    ("offline_per_day", "offline_h", 24),
    ("broker_restarts_per_day", "broker_away_s", 86_400),
)
PERFECT = NetworkSpec()


@dataclass(slots=True)
class Counts:
    """What lines did to the packets that they carried, and to the rows that they were asked about."""

    packets: int = 0
    lost: int = 0
    duplicates: int = 0
    overtaken: int = 0
    repeated: int = 0
    late_rows: int = 0
    wrong_clock_rows: int = 0

    def add(self, other: Counts) -> None:
        """Count what another line did as well."""
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)


class Line:
    """The connection of one device, and its clock. `counts` is what it did so far."""

    def __init__(self, spec: NetworkSpec, seed: int, device: str) -> None:
        self.counts = Counts()
        self._spec, self._device = spec, device
        self._seeds = {
            what: number(seed, device, "line", what)
            for what in ("loss", "copy", "copy when", "overtaken", "how long", "delay", "back")
        }
        self._skew_ms = round(1000 * spec.clock_skew_s * float(generator(seed, device, "skew").uniform(-1, 1)))
        self._offline = _Spells(spec.offline_per_day, spec.offline_h * HOUR_MS, (seed, device, "offline"))
        self._unset = _Spells(spec.clock_resets_per_day, spec.clock_lost_h * HOUR_MS, (seed, device, "clock"))
        self._away = _Spells(
            spec.broker_restarts_per_day, spec.broker_away_s * 1000, (seed, "broker"), shortest=1.0, settle=STORM_MS
        )

    def clock_error_ms(self, ts: Instants) -> Instants:
        """What the device's clock says minus the truth, at each instant; after a reset it counts from 1970 on."""
        error = np.full(len(ts), self._skew_ms, np.int64)
        if len(ts):
            for begin, end in self._unset.between(int(ts.min()), int(ts.max()) + 1):
                error[(ts >= begin) & (ts < end)] = -begin
        self.counts.wrong_clock_rows += int(np.count_nonzero(error))
        return error

    def leaves_ms(self, ts: Instants) -> Instants:
        """When a row measured at each instant leaves the device: at once, or when it is connected again."""
        leaves = np.array(ts, np.int64)
        if len(ts):
            for begin, end in self._offline.between(int(ts.min()), int(ts.max()) + 1):
                leaves[(leaves >= begin) & (leaves < end)] = end
        self.counts.late_rows += int(np.count_nonzero(leaves != ts))
        return leaves

    def outages(self, start_ms: int, end_ms: int) -> list[tuple[int, int]]:
        """The spells [from, to) without a connection that touch [start_ms, end_ms), in order."""
        return self._offline.between(start_ms, end_ms)

    def broker_away(self, start_ms: int, end_ms: int) -> list[tuple[int, int]]:
        """The spells [from, to) without a broker that touch [start_ms, end_ms); the same for every device."""
        return self._away.between(start_ms, end_ms)

    def carry(self, packets: Sequence[Packet]) -> list[Packet]:
        """The packets as the broker hears them: `at_ms` is the arrival, in that order; some twice, some never.

        Which are struck depends on a packet's own instant and bytes, not on those beside it.
        """
        self.counts.packets += len(packets)
        if not packets or self._spec.perfect:
            return sorted(packets, key=attrgetter("at_ms"))
        at = np.array([packet.at_ms for packet in packets], np.int64)
        chances = _Chances(self._seeds, packets, at)
        heard = chances.of("loss") >= self._spec.loss
        self.counts.lost += int(np.count_nonzero(~heard))
        arrival, again = self._through(self._delayed(at, chances, heard))
        copies = heard & (chances.of("copy") < self._spec.duplicates)
        self.counts.duplicates += int(np.count_nonzero(copies))
        self.counts.repeated += int(np.count_nonzero(again[heard]))
        second, _ = self._through(arrival + 1 + (chances.of("copy when") * SECOND_MS).astype(np.int64))
        times = np.concatenate([arrival[heard], second[copies], again[heard & (again > 0)]])
        which = np.concatenate([np.flatnonzero(mask) for mask in (heard, copies, heard & (again > 0))])
        order = np.argsort(times, kind="stable")
        return [_at(packets[one], when) for one, when in zip(which[order].tolist(), times[order].tolist(), strict=True)]

    def _delayed(self, at: Instants, chances: _Chances, heard: NDArray[np.bool_]) -> Instants:
        """When packets would come that left at `at`, if the broker were always there."""
        arrival = at.copy()
        if delay_ms := 1000 * self._spec.delay_s:
            waits = smooth_noise(self._seeds["delay"], at, round(CALM * delay_ms)) + 1.0
            arrival += (waits * delay_ms / 2.0).astype(np.int64)
        overtaken = heard & (chances.of("overtaken") < self._spec.reorder)
        self.counts.overtaken += int(np.count_nonzero(overtaken))
        return arrival + np.where(overtaken, 1 + chances.of("how long") * HELD_MS, 0.0).astype(np.int64)

    def _through(self, arrival: Instants) -> tuple[Instants, Instants]:
        """When they come though the broker is away at times, and when what was in flight then comes again, else 0."""
        again = np.zeros(len(arrival), np.int64)
        for begin, end in self._away.between(int(arrival.min()), int(arrival.max()) + REPEAT_WITHIN_MS + 1):
            back = end + round(cell_noise(self._seeds["back"], np.array([end]), 1)[0] * STORM_MS)
            again[(arrival >= begin - REPEAT_WITHIN_MS) & (arrival < begin)] = back
            arrival = np.where((arrival >= begin) & (arrival < back), back, arrival)
        return arrival, again


class _Spells:
    """Spells of some trouble, `per_day` of them on average, each from `shortest` to 1 times `longest_ms` long.

    Time is cut into equal cells with at most one spell within each, so that spells never overlap. The `settle` after
    a spell belongs to its cell.
    """

    def __init__(
        self, per_day: float, longest_ms: float, key: tuple[str | int, ...], shortest: float = 0.05, settle: int = 0
    ) -> None:
        self._cell_ms = max(DAY_MS // max(1, ceil(per_day)), ceil(longest_ms) + settle + 1)
        self._share = per_day * self._cell_ms / DAY_MS
        self._longest_ms, self._shortest, self._settle = longest_ms, shortest, settle
        self._key = key
        self._drawn: dict[int, tuple[int, int] | None] = {}

    def between(self, start_ms: int, end_ms: int) -> list[tuple[int, int]]:
        """The spells [from, to) that touch [start_ms, end_ms) or have just ended, in order."""
        if not self._share:
            return []
        drawn = (self._spell(cell) for cell in range(start_ms // self._cell_ms, (end_ms - 1) // self._cell_ms + 1))
        return [spell for spell in drawn if spell and spell[0] < end_ms and spell[1] + self._settle > start_ms]

    def _spell(self, cell: int) -> tuple[int, int] | None:
        if cell not in self._drawn:
            self._drawn[cell] = self._draw(cell)
        return self._drawn[cell]

    def _draw(self, cell: int) -> tuple[int, int] | None:
        happens, when, long = generator(*self._key, cell).random(3).tolist()
        if happens >= self._share:
            return None
        lasts = max(1, round(self._longest_ms * (self._shortest + (1.0 - self._shortest) * long)))
        begin = cell * self._cell_ms + round(when * (self._cell_ms - lasts - self._settle))
        return begin, begin + lasts


class _Chances:
    """Chances in [0, 1) of packets, by purpose; each depends on the packet's instant and bytes alone."""

    def __init__(self, seeds: dict[str, int], packets: Sequence[Packet], at: Instants) -> None:
        sums = np.fromiter((zlib.crc32(packet.payload) for packet in packets), np.int64, len(packets))
        self._seeds, self._identities = seeds, (at << 20) ^ sums

    def of(self, purpose: str) -> Floats:
        """One for each packet."""
        return cell_noise(self._seeds[purpose], self._identities, 1)


def _at(packet: Packet, at_ms: int) -> Packet:
    if packet.at_ms == at_ms:
        return packet
    return packet.at(at_ms)
