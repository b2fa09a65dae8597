"""The score of a run: how right, how early, how noisy. A pure function of what happened and what was really wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from device_sim.models.machine import DAY_MS, HOUR_MS
from device_sim.scorecard.matching import Contact, match, opened, raised
from device_sim.scorecard.outcome import Outcome, outcomes
from device_sim.scorecard.record import Record, Verdict
from device_sim.scorecard.tally import Tally

GROUPS = ("fault", "device_type", "detector")


@dataclass(frozen=True, slots=True)
class Claim:
    """A finding or a case for the attention of staff, judged; `fault` is the real one, where there is one."""

    what: str
    id: str
    fault: str
    device_type: str
    detector: str
    right: bool


@dataclass(frozen=True, slots=True)
class Score:
    """A run's score. `groups` are the same tally by fault, device type and detector; `counts` the record's own.

    A right contact belongs to the fault that was there, a wrong one to the fault that it claimed. Detectors have no
    recall: nobody says which of them should have found it.
    """

    scenario: str
    seed: int
    version: str
    start_ms: int
    end_ms: int
    devices: int
    tally: Tally
    outcomes: tuple[Outcome, ...]
    contacts: tuple[Contact, ...]
    groups: Mapping[str, Mapping[str, Tally]]
    counts: Mapping[str, int]

    @property
    def days(self) -> float:
        """How long the run was."""
        return (self.end_ms - self.start_ms) / DAY_MS


def score(record: Record) -> Score:
    """Judge one run."""
    matches = match(record)
    came = outcomes(record, matches)
    types = {spec.id: spec.type for spec in record.devices}
    claims = _claims(record, matches.findings, matches.cases, types)
    whole = _tally(record.device_days, came, matches.contacts, claims, _newest(record.verdicts))
    return Score(
        record.scenario,
        record.seed,
        record.version,
        record.start_ms,
        record.end_ms,
        len(record.devices),
        whole,
        came,
        matches.contacts,
        {by: dict(_grouped(by, record, came, matches.contacts, claims, types)) for by in GROUPS},
        dict(sorted(record.counts.items())),
    )


def _claims(
    record: Record,
    findings: Mapping[str, int | None],
    cases: Mapping[int, int | None],
    types: Mapping[str, str],
) -> list[Claim]:
    ours = raised(record)
    claims = []
    for key, found in ours.items():
        place = findings[key]
        fault = found.fault if place is None else record.truth[place].fault
        claims.append(Claim("finding", key, fault, types.get(found.device, ""), found.detector, place is not None))
    for case in opened(record).values():
        place = cases[case.number]
        fault = case.fault if place is None else record.truth[place].fault
        first = next((ours[key].detector for key in case.findings if key in ours), "")
        claims.append(Claim("case", str(case.number), fault, types.get(case.device, ""), first, place is not None))
    return claims


def _newest(verdicts: Iterable[Verdict]) -> dict[str, str]:
    """The opinion that counts on each finding: the newest one."""
    return {one.finding: one.verdict for one in sorted(verdicts, key=lambda one: one.at_ms)}


def _tally(
    device_days: float,
    came: Sequence[Outcome],
    contacts: Sequence[Contact],
    claims: Sequence[Claim],
    verdicts: Mapping[str, str],
) -> Tally:
    for_contact = [one for one in came if one.expects == "contact"]
    findings = [claim for claim in claims if claim.what == "finding"]
    cases = [claim for claim in claims if claim.what == "case"]
    judged = [(verdicts[claim.id], claim.right) for claim in findings if claim.id in verdicts]
    checked = [(verdict, right) for verdict, right in judged if verdict in {"true", "false", "benign"}]
    return Tally(
        device_days=device_days,
        contacts=len(contacts),
        right=sum(one.right for one in contacts),
        named=sum(one.right and one.fault == one.real for one in contacts),
        duplicates=sum(one.again for one in contacts),
        expected=sum(one.counts for one in for_contact),
        contacted=sum(one.counts and one.contact_ms is not None for one in for_contact),
        contacted_named=sum(one.counts and one.named for one in for_contact),
        expected_3d=sum(one.counts_3d for one in for_contact),
        contacted_3d=sum(one.counts_3d and one.early for one in for_contact),
        findings=len(findings),
        findings_right=sum(claim.right for claim in findings),
        cases=len(cases),
        cases_right=sum(claim.right for claim in cases),
        visible=sum(one.counts for one in came),
        found=sum(one.counts and one.found_ms is not None for one in came),
        complaints_first=sum(_complained_first(one) for one in came),
        verdicts_true=sum(verdict == "true" for verdict, _ in judged),
        verdicts_false=sum(verdict == "false" for verdict, _ in judged),
        verdicts_benign=sum(verdict == "benign" for verdict, _ in judged),
        verdicts_checked=len(checked),
        verdicts_agree=sum((verdict == "true") == right for verdict, right in checked),
        samples=_samples(came),
    )


def _complained_first(one: Outcome) -> bool:
    return one.complained_ms is not None and (one.contact_ms is None or one.complained_ms < one.contact_ms)


def _samples(came: Sequence[Outcome]) -> dict[str, tuple[float, ...]]:
    real = [one for one in came if one.expects != "nothing" and not one.joined]
    told = [one for one in real if one.expects == "contact" and one.contact_ms is not None]
    progressive = [one for one in told if one.course == "progressive"]
    return {
        "lead_days": _apart(progressive, lambda one: (one.contact_ms, one.failure_ms), DAY_MS),
        "complaint_lead_days": _apart(told, lambda one: (one.contact_ms, one.noticed_ms), DAY_MS),
        "onset_to_finding_h": _apart(real, lambda one: (one.onset_ms, one.found_ms), HOUR_MS),
        "finding_to_case_h": _apart(real, lambda one: (one.found_ms, one.case_ms), HOUR_MS),
        "case_to_contact_h": _apart(real, lambda one: (one.case_ms, one.contact_ms), HOUR_MS),
        "onset_to_contact_h": _apart(real, lambda one: (one.onset_ms, one.contact_ms), HOUR_MS),
    }


def _apart(
    came: Iterable[Outcome], ends: Callable[[Outcome], tuple[int | None, int | None]], unit_ms: int
) -> tuple[float, ...]:
    """From the first instant to the second in units, for those that have both."""
    pairs = map(ends, came)
    return tuple(round((b - a) / unit_ms, 4) for a, b in pairs if a is not None and b is not None)


def _grouped(  # noqa: PLR0917
    by: str,
    record: Record,
    came: Sequence[Outcome],
    contacts: Sequence[Contact],
    claims: Sequence[Claim],
    types: Mapping[str, str],
) -> Iterable[tuple[str, Tally]]:
    """A tally for each fault, device type or detector, by name."""
    verdicts = _newest(record.verdicts)

    def contact_key(one: Contact) -> str:
        if by == "fault":
            return one.real if one.right else one.fault
        return types.get(one.device, "") if by == "device_type" else one.detector

    def outcome_key(one: Outcome) -> str | None:
        return None if by == "detector" else str(getattr(one, by))

    names = {contact_key(one) for one in contacts} | {str(getattr(claim, by)) for claim in claims}
    names |= {key for one in came if one.expects != "nothing" and (key := outcome_key(one)) is not None}
    names |= set(types.values()) if by == "device_type" else set()
    per_day = (record.end_ms - record.start_ms) / DAY_MS
    for name in sorted(names):
        yield (
            name,
            _tally(
                per_day * sum(kind == name for kind in types.values()) if by == "device_type" else record.device_days,
                [one for one in came if outcome_key(one) == name],
                [one for one in contacts if contact_key(one) == name],
                [claim for claim in claims if getattr(claim, by) == name],
                verdicts,
            ),
        )
