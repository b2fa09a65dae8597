"""Which findings judge a person rather than a device."""

from __future__ import annotations

from detectors.faults.catalogue import FAULTS
from detectors.faults.profiles import PROFILES
from detectors.finding import Finding


def of_vitals(finding: Finding, device_type: str) -> bool:
    """Whether the finding rests on vital signs: on any watch for which its device's owner must have agreed.

    A finding without signs (an older one, or a claim that no detector made) is judged by its fault's signature.
    """
    if device_type not in PROFILES:
        return False
    personal = {watch.symptom for watch in PROFILES.get(device_type).watches if watch.vitals}
    signs = [sign.symptom for sign in finding.evidence.signs]
    if not signs and finding.fault in FAULTS:
        signs = [symptom for symptom, weight in FAULTS.get(finding.fault).signature.items() if weight > 0]
    return any(symptom.rpartition(":")[0] in personal or symptom in personal for symptom in signs)
