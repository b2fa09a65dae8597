"""Claims become findings: with their evidence, and with whether it is strong enough for the customer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from detectors.algorithms.detector import LASTING
from detectors.faults import horizon
from detectors.faults.catalogue import FAULTS
from detectors.faults.evidence import Scene, build, confidence, detector_of
from detectors.faults.fusion import Claim, Patient
from detectors.finding import Again, Evidence, Finding, finding_id
from ingest.registry.devices import Device
from kit.clock import from_ms

MISSING_MOST = 0.5  # a claim from a window with more missing is for staff, not for the customer


@dataclass(frozen=True, slots=True)
class ContactRule:
    """From which severity and confidence on a finding may be told to the customer; below, it is for staff."""

    severity: float = 0.5
    confidence: float = 0.0


ORDINARY = ContactRule()


@dataclass(frozen=True, slots=True)
class Teller:
    """Says what becomes of claims under a rule; `version` is that of the program that made them."""

    rule: ContactRule
    version: str

    def tell(self, made: Iterable[Claim], patient: Patient, device: Device, scene: Scene) -> list[Finding]:
        """The findings of one device's claims, in order.

        An episode gets one finding that is strong enough for the customer at the most: with its beginning, or later
        under the same onset when its evidence has grown. One that takes over from an episode that was told gets none.
        Staff get one more under the same onset when it can first be foreseen when a limit will be reached.
        """
        found = []
        for claim in made:
            foreseen = _first_foreseen(claim, patient)
            if claim.again and claim.told and not foreseen:
                continue
            evidence = build(claim, scene)
            strong = claim.kind == "raised" and not claim.told and self._strong(claim, evidence)
            if claim.again and not strong and not foreseen:
                continue
            if strong and claim.fault in patient.open:
                patient.open[claim.fault].told = True
            found.append(self._finding(claim, evidence, device, scene, strong))
        return found

    def _strong(self, claim: Claim, evidence: Evidence) -> bool:
        fault = FAULTS.get(claim.fault)
        return (
            fault.contact
            and evidence.readings_missing_share <= MISSING_MOST
            and _severity(claim) >= self.rule.severity
            and confidence(claim) >= self.rule.confidence
            and (not fault.once_lasting or any(abs(symptom.active) >= LASTING for symptom in claim.symptoms))
        )

    def _finding(self, claim: Claim, evidence: Evidence, device: Device, scene: Scene, strong: bool) -> Finding:
        onset = from_ms(claim.onset)
        names = {detector_of(symptom, scene.profile) for symptom in claim.symptoms}
        return Finding(
            id=finding_id(device.tenant, device.identifier, claim.fault, onset, claim.kind, _again(claim, strong)),
            tenant=device.tenant,
            device=device.identifier,
            fault=claim.fault,
            kind=claim.kind,
            onset=onset,
            detected=from_ms(claim.at),
            surprise=round(max((symptom.surprise for symptom in claim.symptoms), default=0.0), 3),
            severity=round(_severity(claim), 3),
            confidence=confidence(claim),
            contact=strong,
            detector="+".join(sorted(names)),
            version=self.version,
            evidence=evidence,
        )


def _severity(claim: Claim) -> float:
    return max((symptom.severity for symptom in claim.symptoms), default=0.0)


def _first_foreseen(claim: Claim, patient: Patient) -> bool:
    """Whether this is the first claim of its episode that says when a limit will be reached; remembers that it was."""
    episode = patient.open.get(claim.fault)
    if episode is None or episode.foreseen or horizon.of(claim) is None:
        return False
    episode.foreseen = True
    return True


def _again(claim: Claim, strong: bool) -> str:
    """What tells a claim from others of the same onset: why an open episode is claimed once more, or what is normal."""
    if claim.kind == "normal":
        return claim.symptoms[0].key
    again: Again = "grown" if strong else "foreseen"
    return again if claim.again else ""
