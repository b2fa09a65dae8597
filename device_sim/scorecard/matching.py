"""Holds what was claimed against what really happened: which occurrence, if any, a finding or a notice is about.

A claim is right when some fault was active on that device (or on a device struck by the same cause) when it was
detected, whatever its name; a day of grace follows the end, because a detector may look back. Harmless changes make
no claim right. What follows from a customer's own call for help is no claim of ours and is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from detectors.faults.known.general import HELP_REQUESTED
from device_sim.faults import FAULTS
from device_sim.faults.fault import Expects, Occurrence
from device_sim.models.machine import DAY_MS
from device_sim.people import noticed_ms
from device_sim.scorecard.record import Case, Found, Notice, Record

GRACE_MS = DAY_MS  # longer makes chance hits right, shorter calls a detector wrong that needs the day to be sure


@cache
def expects(fault: str) -> Expects:
    """What a good service does about it; a label that comes with a recording and is no registered fault: contact."""
    return FAULTS.get(fault).expects if fault in list(FAULTS) else "contact"


def would_notice_ms(occurrence: Occurrence) -> int | None:
    """When the owner would notice without being told; None for never, or where nobody can say."""
    return noticed_ms(occurrence) if occurrence.fault in list(FAULTS) else None


class Truth:
    """The occurrences of a run by device; they are named by their place in the record."""

    def __init__(self, occurrences: Sequence[Occurrence]) -> None:
        self._all = occurrences
        struck: dict[str, set[str]] = defaultdict(set)
        for one in occurrences:
            if one.group:
                struck[one.group].add(one.device)
        self._near: dict[str, list[int]] = defaultdict(list)
        for place, one in enumerate(occurrences):
            for device in {one.device} | struck.get(one.group, set()):
                self._near[device].append(place)

    def behind(self, device: str, at_ms: int, claimed: str) -> int | None:
        """The fault that such a claim is about; None: nothing was wrong.

        Of several, the one of that name comes first, then one on the device itself, one that expects a contact, and
        the one that began last.
        """
        there = [place for place in self._around(device, at_ms) if expects(self._all[place].fault) != "nothing"]
        return min(there, key=lambda place: self._order(place, device, claimed), default=None)

    def harmless(self, device: str, at_ms: int) -> str:
        """The harmless change that was going on, empty when there was none."""
        names = (self._all[place].fault for place in self._around(device, at_ms))
        return next((name for name in names if expects(name) == "nothing"), "")

    def name(self, place: int) -> str:
        """The name of the fault at that place."""
        return self._all[place].fault

    def _around(self, device: str, at_ms: int) -> list[int]:
        return [place for place in self._near.get(device, []) if _about(self._all[place], at_ms)]

    def _order(self, place: int, device: str, claimed: str) -> tuple[bool, bool, bool, int, int]:
        one = self._all[place]
        return one.fault != claimed, one.device != device, expects(one.fault) != "contact", -one.onset_ms, place


@dataclass(frozen=True, slots=True)
class Contact:
    """A delivered notice, judged. `occurrence` is the place of the fault that it is about, None when it was wrong.

    `fault` is what it claimed, `real` the fault that was there or the harmless change that misled it, if any.
    `again` marks one beyond the first about the same occurrence on the same device; `finding` is what it rests on.
    """

    device: str
    fault: str
    real: str
    occurrence: int | None
    again: bool
    detected_ms: int
    at_ms: int
    detector: str
    finding: str

    @property
    def right(self) -> bool:
        """Whether something was wrong with the device."""
        return self.occurrence is not None


@dataclass(frozen=True, slots=True)
class Matches:
    """A run held against its truth. `findings` and `cases` hold the place of the occurrence of each, None: wrong."""

    contacts: tuple[Contact, ...]
    findings: dict[str, int | None]
    cases: dict[int, int | None]


def raised(record: Record) -> dict[str, Found]:
    """The findings that something is wrong, by id."""
    return {one.id: one for one in record.findings if one.kind == "raised" and one.fault != HELP_REQUESTED.name}


def opened(record: Record) -> dict[int, Case]:
    """The cases that we opened, by number."""
    return {case.number: case for case in record.cases if case.fault != HELP_REQUESTED.name}


def match(record: Record) -> Matches:
    """Judge every finding, case and delivered notice of a run."""
    truth = Truth(record.truth)
    claims, cases = raised(record), opened(record)
    findings = {key: truth.behind(found.device, found.detected_ms, found.fault) for key, found in claims.items()}
    return Matches(
        tuple(_contacts(record.notices, truth, claims, cases)),
        findings,
        {number: _case(case, findings) for number, case in cases.items()},
    )


def _case(case: Case, findings: dict[str, int | None]) -> int | None:
    """A case is right when any finding on it is."""
    return next((findings[key] for key in case.findings if findings.get(key) is not None), None)


def _contacts(
    notices: Iterable[Notice], truth: Truth, claims: dict[str, Found], cases: dict[int, Case]
) -> Iterable[Contact]:
    told: set[tuple[int, str]] = set()
    delivered = [(notice.delivered_ms, notice) for notice in notices if notice.delivered_ms is not None]
    for at_ms, notice in sorted(delivered, key=lambda pair: (pair[0], pair[1].id)):
        if notice.state != "delivered" or notice.fault == HELP_REQUESTED.name:
            continue
        found = _deciding(notice, at_ms, claims, cases.get(notice.case))
        detected_ms = found.detected_ms if found else notice.created_ms
        place = truth.behind(notice.device, detected_ms, notice.fault)
        again = place is not None and (place, notice.device) in told
        if place is not None:
            told.add((place, notice.device))
        yield Contact(
            notice.device,
            notice.fault,
            truth.harmless(notice.device, detected_ms) if place is None else truth.name(place),
            place,
            again,
            detected_ms,
            at_ms,
            found.detector if found else "",
            found.id if found else notice.finding,
        )


def _deciding(notice: Notice, at_ms: int, claims: dict[str, Found], case: Case | None) -> Found | None:
    """The finding that a notice rests on: the first strong one since its episode began, else the one it began with."""
    begun = claims.get(notice.finding)
    on_case = [claims[key] for key in (case.findings if case else ()) if key in claims]
    since = begun.at_ms if begun else 0
    strong = [found for found in on_case if found.contact and since <= found.at_ms <= at_ms]
    return min(strong, key=lambda found: (found.at_ms, found.id), default=begun)


def _about(occurrence: Occurrence, at_ms: int) -> bool:
    end_ms = occurrence.end_ms
    return occurrence.onset_ms <= at_ms and (end_ms is None or at_ms < end_ms + GRACE_MS)
