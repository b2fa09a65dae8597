"""When each device was last heard of: the newest event time, which lateness is measured against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ingest.tables import DeviceSeenRow


def newest(session: Session, numbers: Iterable[int]) -> dict[int, int]:
    """The newest event time of these devices in epoch milliseconds; devices never heard of are left out."""
    rows = session.execute(
        select(DeviceSeenRow.device_no, DeviceSeenRow.newest_ms).where(DeviceSeenRow.device_no.in_(list(numbers)))
    )
    return {row.device_no: row.newest_ms for row in rows}


def heard(session: Session, newest_ms: Mapping[int, int], received_ms: int) -> None:
    """Take over newer event times by device number, and the receive time for all of them."""
    if not newest_ms:
        return
    statement = insert(DeviceSeenRow)
    later = {
        name: func.greatest(getattr(DeviceSeenRow, name), statement.excluded[name])
        for name in ("newest_ms", "received_ms")
    }
    session.execute(
        statement.on_conflict_do_update(index_elements=["device_no"], set_=later),
        [
            {"device_no": number, "newest_ms": ms, "received_ms": received_ms}
            for number, ms in sorted(newest_ms.items())
        ],
    )
