"""Clocks of devices, judged by what they send: how far ahead of ours each is, and whether it is to be put right.

A sample is the greatest distance of event time to receive time in one flush: the message that was on its way the
shortest. A clock is judged by the median of the last few samples, and called off when all of them say the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.registry.clocks import ClockOffset, Offsets
from ingest.writer.account import Account
from ingest.writer.fleet import SAMPLES, Fleet, Memory
from ingest.writer.fold import NO_SKEW

APART_MS = 60_000  # between two samples; less lets one burst of old messages look like a clock
SPREAD_MS = 60_000  # samples of a clock that is steadily off; more takes a slow link for a clock, less never decides
TOLERATED_MS = 5 * 60_000  # as the gateway: smaller corrects ordinary drift, larger lets a wrong clock hide a fault
MOST_MS = 3 * 86_400_000  # a clock further off is labelled only: nobody can tell it from a backfill or a typing error
AHEAD_MS = 120_000  # a decision begins so far ahead of what was heard: every gateway must know it by then
SHARED = 0.5  # when a larger share of a fleet is behind, it is our delay and not their clocks
FEW = 4  # fewer devices say nothing about what is shared


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a flush learnt of clocks: skew in ms of the slots that were sampled, and decisions by slot."""

    skew_ms: dict[int, int]
    decisions: dict[int, ClockOffset]


def judge(account: Account, fleet: Fleet, received_ms: int) -> Judgement:
    """Take a sample of every device that is due; the account's memory is moved on."""
    memory, found = account.memory, account.found
    due = account.spoke[
        (found.skew_ms[account.spoke] != NO_SKEW) & (received_ms - memory.sampled_ms[account.spoke] >= APART_MS)
    ]
    memory.skew_ms[due, memory.samples[due] % SAMPLES] = found.skew_ms[due]
    memory.samples[due] += 1
    memory.sampled_ms[due] = received_ms
    skew: dict[int, int] = {}
    for slot, median in zip(due.tolist(), _medians(memory, due).tolist(), strict=True):
        skew[slot] = median + _removed(fleet.offsets[slot], int(found.skew_ts[slot]), bool(found.corrected[slot]))
    decisions: dict[int, ClockOffset] = {}
    for slot in (*_steadily_off(memory, due).tolist(), *_set_right(memory, fleet, account, due)):
        raw = int(found.skew_ts[slot]) + skew[slot] - int(np.median(memory.skew_ms[slot]))
        offset = skew[slot] if abs(skew[slot]) > TOLERATED_MS else 0
        if abs(offset) <= MOST_MS:
            decisions[slot] = ClockOffset(raw + AHEAD_MS, offset)
            memory.samples[slot] = 0
    return Judgement(skew, decisions)


def _medians(memory: Memory, slots: NDArray[np.int64]) -> NDArray[np.int64]:
    """The median of the samples that each slot has, at least one."""
    medians = np.median(memory.skew_ms[slots], axis=1) if len(slots) else np.empty(0)
    for at in np.flatnonzero(memory.samples[slots] < SAMPLES).tolist():
        medians[at] = np.median(memory.skew_ms[slots[at], : memory.samples[slots[at]]])
    return medians.astype(np.int64)


def _steadily_off(memory: Memory, due: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those of `due` whose samples all say that the clock is off, and by the same."""
    full = np.flatnonzero(memory.samples >= SAMPLES)
    behind = memory.skew_ms[full].max(axis=1, initial=-MOST_MS) < -TOLERATED_MS
    ours = len(full) >= FEW and behind.mean() > SHARED
    due = due[memory.samples[due] >= SAMPLES]
    highest, lowest = (
        memory.skew_ms[due].max(axis=1, initial=NO_SKEW),
        memory.skew_ms[due].min(axis=1, initial=-NO_SKEW),
    )
    off = (lowest > TOLERATED_MS) | ((highest < -TOLERATED_MS) & (not ours))
    return np.asarray(due[off & (highest - lowest <= SPREAD_MS)], np.int64)


def _set_right(memory: Memory, fleet: Fleet, account: Account, due: NDArray[np.int64]) -> list[int]:
    """Those of `due` that are right without the correction that was decided: it must end before its times come."""
    return [
        slot
        for slot in due[memory.samples[due] >= SAMPLES].tolist()
        if fleet.offsets[slot]
        and fleet.offsets[slot][0].offset_ms
        and not account.found.corrected[slot]
        and abs(memory.skew_ms[slot]).max() <= TOLERATED_MS
    ]


def _removed(offsets: Offsets, ts: int, corrected: bool) -> int:
    """What the gateway had taken off the time of a reading that now says `ts`."""
    if not corrected:
        return 0
    return next((known.offset_ms for known in offsets if ts + known.offset_ms >= known.from_ms), 0)
