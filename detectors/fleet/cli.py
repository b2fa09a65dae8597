"""Commands about what findings share."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from detectors.fleet import incidents
from detectors.fleet.incidents import Incident
from ingest.command import actor, command_session
from kit.cli import JsonFlag, emit

_COLUMNS = ("incident", "what", "whom", "usual", "lift", "since", "last", "dismissed_by")


def show(
    ctx: typer.Context,
    *,
    dismiss: Annotated[
        int | None, typer.Option(min=1, metavar="INCIDENT", help="Say that its findings stand for themselves.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """List incident candidates: what shows on so many devices at once that it must have one cause, newest first.

    While a finding counts to one, a person decides whether its customer is told. `lift` says how much oftener than
    the others of the type the group is struck, with the interval that covers 95 %.

    Examples: forewarn detectors incidents · forewarn detectors incidents --dismiss 3
    """
    with command_session(ctx) as (session, tenant):
        if dismiss is not None:
            incidents.dismiss(session, tenant, dismiss, actor())
        rows = [
            _facts(incident, [device for _, device, _ in incidents.findings_of(session, incident.number)])
            for incident in incidents.newest(session, tenant)
        ]
    emit(rows, as_json, columns=_COLUMNS, empty="Nothing shows on many devices at once.")


def _facts(incident: Incident, devices: list[str]) -> dict[str, Any]:
    lift = next((one for one in incident.lifts if (one.dimension, one.value) == incident.group), None)
    return {
        "incident": incident.number,
        "what": incident.label,
        "whom": incident.whom,
        "usual": round(incident.expected, 2),
        "lift": f"{lift.ratio.value:.1f} ({lift.ratio.low:.1f} to {lift.ratio.high:.1f})" if lift else "",
        "since": incident.onset.isoformat(),
        "last": incident.last_at.isoformat(),
        "dismissed_by": incident.dismissed_by,
        "devices": devices,
        "groups": [
            {
                "group": f"{one.dimension} {one.value}",
                "struck": one.struck,
                "devices": one.devices,
                "lift": [round(number, 2) for number in (one.ratio.value, one.ratio.low, one.ratio.high)],
            }
            for one in incident.lifts
        ],
    }
