"""What other devices say about a finding, in words."""

from __future__ import annotations

from sqlalchemy.orm import Session

from detectors.faults.words import duration
from detectors.finding import Finding
from detectors.fleet import incidents
from detectors.fleet.incidents import WINDOW
from detectors.fleet.recognise import others
from detectors.tables import FindingHoldRow


def about(session: Session, finding: Finding) -> list[str]:
    """The incident that accounts for it, the hub that it waits for, and how many of its peers show the same."""
    found = []
    incident = incidents.of_finding(session, finding.id)
    if incident is not None:
        dismissed = f" {incident.dismissed_by} has dismissed it." if incident.dismissed_by else ""
        found.append(f"It counts to incident {incident.number}: {incident.words}{dismissed}")
    held = session.get(FindingHoldRow, finding.id)
    if held is not None and held.ended_at is None:
        found.append(f"It waits without a case, because {held.hub}, through which the device speaks, is silent, too.")
    struck, devices, kind = others(session, finding)
    if devices:
        of_type = f" of type {kind}" if kind else ""
        span = duration(WINDOW.total_seconds() * 1000)
        found.append(f"Of {devices} other devices{of_type}, {struck} showed the same within the {span} before.")
    return found
