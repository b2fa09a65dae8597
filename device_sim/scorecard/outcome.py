"""What became of each fault of a run: seen or not, told or not, how early, and if not, why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from device_sim.faults.fault import Course, Expects, Occurrence
from device_sim.models.machine import DAY_MS
from device_sim.scorecard import reasons
from device_sim.scorecard.matching import Contact, Matches, expects, would_notice_ms
from device_sim.scorecard.record import Found, Record

AHEAD_MS = 3 * DAY_MS  # early enough to have something done about it
LEAST_MS = 3 * DAY_MS  # of a fault within the period, so that there was time to find it
LEAST_SUDDEN_MS = DAY_MS
CONSENT = "service"  # the purpose of notices about a device


@dataclass(frozen=True, slots=True)
class Outcome:
    """One occurrence and what the product made of it. Instants are epoch milliseconds, None where it never happened.

    `counts` says that it belongs to the recall at its level (contact, or attention: a finding is enough), `counts_3d`
    to the recall three days ahead. `named` says that the first contact named this very fault. `reason` is a key of
    `reasons.SENTENCES`, empty when all went well or nothing was expected. `joined` marks one that counts with another:
    of what one cause does to several devices of one owner, one is counted, that of which the owner was told first.
    What befalls a device whose owner never agreed to be told counts nowhere: telling them would have been wrong.
    """

    device: str
    device_type: str
    fault: str
    expects: Expects
    course: Course
    onset_ms: int
    failure_ms: int
    end_ms: int | None
    noticed_ms: int | None
    found_ms: int | None
    case_ms: int | None
    contact_ms: int | None
    named: bool
    complained_ms: int | None
    counts: bool
    counts_3d: bool
    reason: str
    joined: bool = False

    @property
    def early(self) -> bool:
        """Whether the customer was told at least three days before the failure."""
        return self.contact_ms is not None and self.contact_ms <= self.failure_ms - AHEAD_MS


def outcomes(record: Record, matches: Matches) -> tuple[Outcome, ...]:
    """What became of every occurrence of a run, in the order of its truth."""
    types = {spec.id: spec.type for spec in record.devices}
    came = [_outcome(place, one, types.get(one.device, ""), record, matches) for place, one in enumerate(record.truth)]
    for place in _joined(record, came):
        came[place] = replace(came[place], counts=False, counts_3d=False, reason="", joined=True)
    return tuple(came)


def _joined(record: Record, came: Sequence[Outcome]) -> set[int]:
    """The places of those that count with another of the same cause and owner."""
    owners = {spec.id: spec.owner for spec in record.devices}
    shared: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for place, one in enumerate(record.truth):
        if one.group and expects(one.fault) != "nothing":
            shared[one.group, one.fault, owners.get(one.device, one.device)].append(place)
    return {
        place for places in shared.values() for place in places if place != min(places, key=partial(_told_at, came))
    }


def _told_at(came: Sequence[Outcome], place: int) -> tuple[bool, int, int]:
    told = came[place].contact_ms
    return told is None, told or 0, place


def _outcome(place: int, one: Occurrence, device_type: str, record: Record, matches: Matches) -> Outcome:
    found = [item for item in record.findings if matches.findings.get(item.id, -1) == place]
    first = min(found, key=lambda item: (item.at_ms, item.id), default=None)
    told = min((c for c in matches.contacts if c.occurrence == place), key=lambda c: c.at_ms, default=None)
    noticed = would_notice_ms(one)
    counts, counts_3d = _counts(one, record) if _may_be_told(one.device, record) else (False, False)
    return Outcome(
        one.device,
        device_type,
        one.fault,
        expects(one.fault),
        course(one),
        one.onset_ms,
        one.failure_ms,
        one.end_ms,
        noticed,
        first.at_ms if first else None,
        _case_ms(found, record),
        told.at_ms if told else None,
        told is not None and told.fault == one.fault,
        _complained_ms(one, record),
        counts,
        counts_3d,
        _reason(one, told, found, record) if counts or counts_3d else "",
    )


def course(occurrence: Occurrence) -> Course:
    """How it ran, read off the occurrence itself."""
    if occurrence.bout_ms:
        return "intermittent"
    return "progressive" if occurrence.failure_ms > occurrence.onset_ms else "sudden"


def _may_be_told(device: str, record: Record) -> bool:
    """Whether the owner had agreed before anything happened; one who withdraws later counts on."""
    owner = next((spec.owner for spec in record.devices if spec.id == device), "")
    return all(CONSENT in customer.consents for customer in record.customers if customer.id == owner)


def _counts(one: Occurrence, record: Record) -> tuple[bool, bool]:
    """Whether there was time to find it at all, and to say so three days ahead.

    Measured to the end of the period, not of the fault: a repair that followed from the contact cuts it short.
    """
    if expects(one.fault) == "nothing":
        return False, False
    within = record.end_ms - max(one.onset_ms, record.start_ms)
    long_enough = within >= (LEAST_SUDDEN_MS if course(one) == "sudden" else LEAST_MS)
    last = one.failure_ms - AHEAD_MS
    ahead = course(one) == "progressive" and expects(one.fault) == "contact"
    return long_enough, ahead and max(one.onset_ms, record.start_ms) <= last <= record.end_ms


def _case_ms(found: Sequence[Found], record: Record) -> int | None:
    """When the first of these findings stood on a case."""
    at = {item.id: item.at_ms for item in found}
    return min(
        (max(case.opened_ms, at[key]) for case in record.cases for key in case.findings if key in at), default=None
    )


def _complained_ms(one: Occurrence, record: Record) -> int | None:
    """When the owner said so on their own account."""
    times = (
        said.at_ms
        for said in record.said
        if said.what == "complained" and said.device == one.device and said.fault in {one.fault, ""}
    )
    return min((at for at in times if at >= one.onset_ms and (one.end_ms is None or at < one.end_ms)), default=None)


def _reason(one: Occurrence, told: Contact | None, found: Sequence[Found], record: Record) -> str:
    if told is not None:
        late = course(one) == "progressive" and told.at_ms > one.failure_ms - AHEAD_MS >= one.onset_ms
        return "too_late" if late and expects(one.fault) == "contact" else ""
    if expects(one.fault) == "attention" and found:
        return ""
    ids = {item.id for item in found}
    cases = [case for case in record.cases if ids & set(case.findings)]
    numbers = {case.number for case in cases}
    notices = [notice for notice in record.notices if notice.case in numbers]
    return reasons.missed(one, record.truth, found, cases, notices)
