"""How owners behave: who answers, ignores, disputes, complains first, opts out, moves, repairs; decided by seed.

A `Person` only decides; whoever runs the scenario carries the decisions out. What kind of person somebody is depends
on (seed, customer) alone and what they do about a fault on the device and fault besides, never on when or how often
they were told, so that two versions of the product meet the same people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

import numpy as np

from device_sim.errors import WaysImpossible
from device_sim.faults import FAULTS
from device_sim.faults.fault import Occurrence
from device_sim.models.chance import generator
from device_sim.models.machine import DAY_MS, HOUR_MS
from kit.clock import from_ms, to_ms

if TYPE_CHECKING:
    from device_sim.scenarios.scenario import Customer

What = Literal["fixed", "not_me", "call_me", "wrong", "unsubscribed"]

LONGEST_WAIT = 60.0  # days or hours; a median beyond it belongs to no scenario
SPREAD = 0.7  # of the logarithm of a wait: two thirds lie between half and double the median
UP, DOWN = time(7), time(22)  # nobody taps a link or calls in their sleep
BOUTS = 2_000  # how far into an intermittent fault its first bout is looked for


@dataclass(frozen=True, slots=True)
class Ways:
    """How the customers of a scenario behave, as plain numbers; all 0: nobody ever does anything.

    Names ending in ``_h`` and ``_days`` are median waits in hours and days, all others shares from 0 to 1.

    answers           of the customers, those who answer notices at all; the rest ignore every one
    answer_h          wait before an answer
    disputes          of those who answer a notice that is right, those who call it wrong
    calls             of those who answer, those who ask for a call
    strangers         of those who answer, those who say that the device is not theirs
    opts_out          of the customers, those who unsubscribe at their first notice
    opts_out_wrong    the same at their first wrong notice; counts where it is above `opts_out`
    complains         of the customers, those who say so when they notice a fault that nobody told them of
    complain_h        wait between noticing and saying so
    repairs           of the customers, those who have a fault repaired once they know of it
    repair_days       wait between knowing and the repair
    says_fixed        of those who answer and repair, those who say so
    moves             of the customers, those whose address changes during the scenario
    tells_address     of those, the share who give the new one; the others are lost
    """

    answers: float = 0.0
    answer_h: float = 0.0
    disputes: float = 0.0
    calls: float = 0.0
    strangers: float = 0.0
    opts_out: float = 0.0
    opts_out_wrong: float = 0.0
    complains: float = 0.0
    complain_h: float = 0.0
    repairs: float = 0.0
    repair_days: float = 0.0
    says_fixed: float = 0.0
    moves: float = 0.0
    tells_address: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value, waits = getattr(self, field.name), field.name.endswith(("_h", "_days"))
            most = LONGEST_WAIT if waits else 1.0
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
                raise WaysImpossible(field.name, value, most)
        if self.disputes + self.calls + self.strangers > 1:
            raise WaysImpossible("disputes", self.disputes, 1.0 - self.calls - self.strangers)


PASSIVE = Ways()
USUAL = Ways(
    answers=0.6,
    answer_h=4.0,
    disputes=0.03,
    calls=0.1,
    strangers=0.01,
    opts_out=0.01,
    opts_out_wrong=0.1,
    complains=0.4,
    complain_h=8.0,
    repairs=0.75,
    repair_days=2.0,
    says_fixed=0.6,
    moves=0.02,
    tells_address=0.7,
)


@dataclass(frozen=True, slots=True)
class Told:
    """A notice that reached its customer: what it says of which device, and when it arrived."""

    device: str
    fault: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Move:
    """The old address is dead from `at_ms` on; the new one is told at `told_ms`, or never."""

    at_ms: int
    told_ms: int | None


def noticed_ms(occurrence: Occurrence) -> int | None:
    """When the owner would notice a fault without being told; None for never, or not before it ends.

    Raises PluginError for a fault that is not registered.
    """
    fault = FAULTS.get(occurrence.fault)
    if fault.noticed is None or fault.expects == "nothing":
        return None
    takes = occurrence.failure_ms - occurrence.onset_ms
    at_ms = occurrence.onset_ms + round(takes * min(fault.noticed, 1.0) ** (1.0 / occurrence.shape))
    if occurrence.bout_ms:
        first = at_ms - at_ms % occurrence.bout_ms
        starts = np.maximum(first + occurrence.bout_ms * np.arange(BOUTS, dtype=np.int64), at_ms)
        bad = np.flatnonzero(occurrence.severity(starts) > 0)
        if not len(bad):
            return None
        at_ms = int(starts[bad[0]])
    return at_ms if occurrence.end_ms is None or at_ms < occurrence.end_ms else None


def active(occurrence: Occurrence, at_ms: int) -> bool:
    """Whether it has begun and not ended."""
    return occurrence.onset_ms <= at_ms and (occurrence.end_ms is None or at_ms < occurrence.end_ms)


class Person:
    """One customer; every method is a pure function of (ways, seed, customer) and its arguments."""

    def __init__(self, ways: Ways, seed: int, customer: Customer) -> None:
        self._ways, self._seed, self._id = ways, seed, customer.id
        self._zone = ZoneInfo(customer.time_zone)

    def complaint(self, occurrence: Occurrence) -> int | None:
        """When this person complains of the fault, if nobody tells them of it before; None: never."""
        noticed = noticed_ms(occurrence)
        if noticed is None or not self._is("complains", self._ways.complains):
            return None
        at_ms = self._awake(noticed + self._wait(self._ways.complain_h * HOUR_MS, "complaint", occurrence))
        return at_ms if occurrence.end_ms is None or at_ms < occurrence.end_ms else None

    def reaction(self, told: Told, truth: Sequence[Occurrence]) -> list[tuple[int, What]]:
        """What this person does about a notice, by time; `truth` is what is known to be wrong at that time.

        "fixed" is said after the repair that `repair` gives for the fault that the notice is about.
        """
        real = [one for one in truth if one.device == told.device and _real(one) and active(one, told.at_ms)]
        done: list[tuple[int, What]] = []
        at_ms = self._awake(told.at_ms + self._wait(self._ways.answer_h * HOUR_MS, "answer", told))
        if self._is("answers", self._ways.answers):
            done.extend(self._answer(told, real, at_ms))
        opts_out = self._ways.opts_out if real else max(self._ways.opts_out, self._ways.opts_out_wrong)
        if self._is("opts_out", opts_out):
            done.append((at_ms, "unsubscribed"))
        return sorted(done)

    def repair(self, occurrence: Occurrence, told_ms: int) -> int | None:
        """When the fault is repaired, once this person knows of it from `told_ms` on; None: not by them."""
        if not _real(occurrence) or not self._is("repairs", self._ways.repairs):
            return None
        if self._stance(occurrence.device, occurrence.fault) == "wrong":
            return None
        at_ms = self._awake(told_ms + self._wait(self._ways.repair_days * DAY_MS, "repair", occurrence))
        return at_ms if occurrence.end_ms is None or at_ms < occurrence.end_ms else None

    def move(self, start_ms: int, end_ms: int) -> Move | None:
        """Whether and when their address changes within the period."""
        if not self._is("moves", self._ways.moves):
            return None
        chance = generator(self._seed, "person", self._id, "move")
        at_ms = start_ms + int(chance.integers(0, max(end_ms - start_ms, 1)))
        told = self._awake(at_ms + round(float(chance.uniform(0, 3)) * DAY_MS))
        return Move(at_ms, told if self._is("tells_address", self._ways.tells_address) and told < end_ms else None)

    def _answer(self, told: Told, real: Sequence[Occurrence], at_ms: int) -> list[tuple[int, What]]:
        stance = self._stance(told.device, told.fault)
        if stance == "not_me" or (stance == "call_me" and real):
            return [(at_ms, stance)]
        if not real or stance == "wrong":
            return [(at_ms, "wrong")]
        about = next((one for one in real if one.fault == told.fault), real[0])
        repaired = self.repair(about, told.at_ms)
        if repaired is None or not self._is("says_fixed", self._ways.says_fixed):
            return []
        return [(self._awake(repaired + self._wait(self._ways.answer_h * HOUR_MS, "fixed", told)), "fixed")]

    def _stance(self, device: str, fault: str) -> What | None:
        """What this person makes of being told of that fault; None: they believe it and go about the repair."""
        drawn = generator(self._seed, "person", self._id, "stance", device, fault).random()
        shares: tuple[tuple[What, float], ...] = (
            ("wrong", self._ways.disputes),
            ("call_me", self._ways.calls),
            ("not_me", self._ways.strangers),
        )
        if not self._is("answers", self._ways.answers):
            return None
        for what, share in shares:
            if drawn < share:
                return what
            drawn -= share
        return None

    def _is(self, trait: str, share: float) -> bool:
        return bool(generator(self._seed, "person", self._id, trait).random() < share)

    def _wait(self, median_ms: float, what: str, about: Occurrence | Told) -> int:
        chance = generator(self._seed, "person", self._id, what, about.device, about.fault)
        return round(median_ms * float(np.exp(SPREAD * chance.standard_normal())))

    def _awake(self, at_ms: int) -> int:
        """The instant itself, or the next morning when it is night for this person."""
        local = from_ms(at_ms).astimezone(self._zone)
        if UP <= local.time() < DOWN:
            return at_ms
        day = local.date() + timedelta(days=local.time() >= DOWN)
        late = generator(self._seed, "person", self._id, "morning", day.toordinal()).integers(0, HOUR_MS)
        return to_ms(datetime.combine(day, UP, self._zone)) + int(late)


def _real(occurrence: Occurrence) -> bool:
    """Whether it is a fault rather than a harmless change."""
    return FAULTS.get(occurrence.fault).expects != "nothing"
