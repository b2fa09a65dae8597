"""What a score is made of: counts and samples that add up over runs, and the measures that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

Measures = dict[str, float | int | None]
DIGITS = 6

LEADS = {
    "lead_days": "days between the first contact and the failure that it forestalls",
    "complaint_lead_days": "days between the first contact and the moment at which the owner would have noticed",
}
DELAYS = {
    "onset_to_finding_h": "hours from the onset to the first finding",
    "finding_to_case_h": "hours from that finding to its case",
    "case_to_contact_h": "hours from the case to the delivered notice",
    "onset_to_contact_h": "hours from the onset to the delivered notice",
}


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one run, or of several added up. Judged are delivered notices, findings raised, cases opened.

    `right` includes `duplicates`; `named` are the right ones that name the very fault. `expected` are the faults that
    a customer should have been told of, `contacted_named` those told by their name, `expected_3d` the progressive ones
    that leave time to say so three days ahead. `visible` are all that a finding should have come of. `samples` are
    what medians are taken of: see `LEADS` and `DELAYS`.
    """

    device_days: float = 0.0
    contacts: int = 0
    right: int = 0
    named: int = 0
    duplicates: int = 0
    expected: int = 0
    contacted: int = 0
    contacted_named: int = 0
    expected_3d: int = 0
    contacted_3d: int = 0
    findings: int = 0
    findings_right: int = 0
    cases: int = 0
    cases_right: int = 0
    visible: int = 0
    found: int = 0
    complaints_first: int = 0
    verdicts_true: int = 0
    verdicts_false: int = 0
    verdicts_benign: int = 0
    verdicts_checked: int = 0
    verdicts_agree: int = 0
    samples: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Tally:
        """A tally out of its own JSON. Raises KeyError, TypeError, ValueError when it is none."""
        counts = {one.name: facts[one.name] for one in fields(cls) if one.name != "samples"}
        if any(isinstance(value, bool) or not isinstance(value, int | float) for value in counts.values()):
            raise TypeError("counts are numbers")
        samples = {str(name): tuple(map(float, values)) for name, values in facts["samples"].items()}
        return cls(**counts, samples=samples)

    def facts(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def total(tallies: Iterable[Tally]) -> Tally:
    """Several runs as one."""
    parts = list(tallies)
    counts = {
        one.name: sum(getattr(part, one.name) for part in parts) for one in fields(Tally) if one.name != "samples"
    }
    samples = {name: tuple(v for part in parts for v in part.samples.get(name, ())) for name in (*LEADS, *DELAYS)}
    return Tally(**counts, samples=samples)


def measures(tally: Tally) -> Measures:
    """The figures of a scorecard; None where there is nothing to take them of."""
    wrong, false_findings = tally.contacts - tally.right, tally.findings - tally.findings_right
    judged = tally.verdicts_true + tally.verdicts_false + tally.verdicts_benign
    found: Measures = {
        "precision": _share(tally.right, tally.contacts),
        "recall": _share(tally.contacted, tally.expected),
        "recall_named": _share(tally.contacted_named, tally.expected),
        "recall_3d": _share(tally.contacted_3d, tally.expected_3d),
        "lead_days_median": _quantile(tally, "lead_days", 0.5),
        "lead_days_p10": _quantile(tally, "lead_days", 0.1),
        "complaint_lead_days_median": _quantile(tally, "complaint_lead_days", 0.5),
        "complaint_lead_days_p10": _quantile(tally, "complaint_lead_days", 0.1),
        "false_contacts_per_1000_device_days": _share(1000 * wrong, tally.device_days),
        "duplicates": tally.duplicates,
        "contacts": tally.contacts,
        "wrong_contacts": wrong,
        "named_right": _share(tally.named, tally.right),
        "complaints_before_contact": tally.complaints_first,
        "finding_precision": _share(tally.findings_right, tally.findings),
        "case_precision": _share(tally.cases_right, tally.cases),
        "finding_recall": _share(tally.found, tally.visible),
        "false_findings_per_1000_device_days": _share(1000 * false_findings, tally.device_days),
        "false_cases_per_1000_device_days": _share(1000 * (tally.cases - tally.cases_right), tally.device_days),
        "verdict_precision": _share(tally.verdicts_true, judged),
        "verdict_agreement": _share(tally.verdicts_agree, tally.verdicts_checked),
    }
    for name in DELAYS:
        found |= {f"{name}_median": _quantile(tally, name, 0.5), f"{name}_p90": _quantile(tally, name, 0.9)}
    return found


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, DIGITS) if whole else None


def _quantile(tally: Tally, name: str, at: float) -> float | None:
    """Between the two nearest samples, in proportion."""
    values = sorted(tally.samples.get(name, ()))
    if not values:
        return None
    below, part = divmod(at * (len(values) - 1), 1.0)
    low, high = values[int(below)], values[min(int(below) + 1, len(values) - 1)]
    return round(low + (high - low) * part, DIGITS)
