"""The command about trips."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from detectors.trips import store
from detectors.trips.score import score
from detectors.trips.trip import Trip
from ingest.command import command_session
from ingest.registry.devices import access_device
from ingest.registry.permissions import COACHING
from kit.cli import JsonFlag, emit

_COLUMNS = ("started", "minutes", "km", "stops", "idle_minutes", "top_speed", "score", "cost")


def show(
    ctx: typer.Context,
    device: Annotated[str, typer.Argument(metavar="DEVICE", help="Its identifier.")],
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many of the newest.")] = 30,
    as_json: JsonFlag = False,
) -> None:
    """List the trips of a car whose owner agreed to be coached (consent `coaching`), newest first, with their score.

    The score is 100 for a trip without anything harsh; `cost` says what cost how many points.

    Example: forewarn detectors trips car-0417
    """
    with command_session(ctx) as (session, tenant):
        found = access_device(session, tenant, device)
        rows = [_facts(trip, as_json) for trip in store.of_device(session, found, limit)]
    agreed = COACHING in found.permits
    empty = "There is no trip yet." if agreed else "Its owner has not agreed to be coached: no trips are kept."
    emit(rows, as_json, columns=_COLUMNS, empty=empty)


def _facts(trip: Trip, as_json: bool) -> dict[str, Any]:
    judged = score(trip)
    facts: dict[str, Any] = {
        "started": trip.started_at.isoformat(timespec="seconds"),
        "minutes": round((trip.ended_at - trip.started_at).total_seconds() / 60, 1),
        "km": round(trip.distance_km, 1),
        "stops": trip.stops,
        "idle_minutes": round(trip.idle_s / 60, 1),
        "top_speed": trip.top_speed,
        "score": judged.points,
        "cost": "; ".join([*(f"{cost.points:.0f}: {cost.words}" for cost in judged.costs), *judged.notes]),
    }
    if not as_json:
        return facts | {"score": "" if judged.points is None else judged.points}
    names = ("braking", "acceleration", "cornering", "fast_s", "moving_s", "standing_s", "judged_by")
    return (
        {"id": str(trip.id), "ended": trip.ended_at.isoformat(timespec="seconds")}
        | facts
        | {name: getattr(trip, name) for name in names}
    )
