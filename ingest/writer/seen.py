"""When each device was last heard of: newest event time, newest sequence number, skew of its clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ingest import arrays
from ingest.tables import DeviceSeenRow

_HEARD = text(
    """
    INSERT INTO device_seen AS s (device_no, newest_ms, received_ms, newest_seq, skew_ms)
    SELECT * FROM unnest(CAST(:no AS bigint[]), CAST(:newest AS bigint[]), CAST(:received AS bigint[]),
                         CAST(:seq AS bigint[]), CAST(:skew AS bigint[]))
    ON CONFLICT (device_no) DO UPDATE
       SET newest_ms = greatest(s.newest_ms, excluded.newest_ms),
           received_ms = greatest(s.received_ms, excluded.received_ms),
           newest_seq = excluded.newest_seq, skew_ms = coalesce(excluded.skew_ms, s.skew_ms)
    """
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was heard of a device.

    `newest_ms` is its newest event time (0: none yet), `received_ms` when it was last heard, `newest_seq` its highest
    sequence number (-1: it sends none), `skew_ms` how far its clock is ahead of ours, None until that is known.
    """

    newest_ms: int = 0
    received_ms: int = 0
    newest_seq: int = -1
    skew_ms: int | None = None


def of_devices(session: Session, numbers: Iterable[int]) -> dict[int, Seen]:
    """What was heard of these devices by device number; devices never heard of are left out."""
    rows = session.execute(
        select(
            DeviceSeenRow.device_no,
            DeviceSeenRow.newest_ms,
            DeviceSeenRow.received_ms,
            DeviceSeenRow.newest_seq,
            DeviceSeenRow.skew_ms,
        ).where(DeviceSeenRow.device_no.in_(list(numbers)))
    )
    return {row[0]: Seen(*row[1:]) for row in rows}


def newest(session: Session, numbers: Iterable[int]) -> dict[int, int]:
    """The newest event time of these devices in epoch milliseconds; devices never heard of are left out."""
    return {number: seen.newest_ms for number, seen in of_devices(session, numbers).items()}


def heard(session: Session, rows: Sequence[tuple[int, Seen]]) -> None:
    """Take over what was heard, by device number: times only go up, a skew of None leaves the known one."""
    if not rows:
        return
    ordered = sorted(rows, key=lambda row: row[0])
    session.execute(
        _HEARD,
        {
            "no": arrays.integers(number for number, _seen in ordered),
            "newest": arrays.integers(seen.newest_ms for _number, seen in ordered),
            "received": arrays.integers(seen.received_ms for _number, seen in ordered),
            "seq": arrays.integers(seen.newest_seq for _number, seen in ordered),
            "skew": arrays.integers(seen.skew_ms for _number, seen in ordered),
        },
    )
