"""How many devices there are of each make, counted by the database."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ingest.tables import DeviceRow


def census(session: Session, tenant: str, device_type: str = "") -> dict[tuple[str, str, str], int]:
    """Devices that are listened to by (model, firmware, time zone); of one type, or of all with "".

    What different types call by the same name is not the same: over all types only the time zone is told apart.
    """
    make = (DeviceRow.model, DeviceRow.firmware, DeviceRow.time_zone)
    wanted = [DeviceRow.tenant == tenant, DeviceRow.revoked_at.is_(None)]
    if device_type:
        rows = session.execute(
            select(*make, func.count()).where(*wanted, DeviceRow.type == device_type).group_by(*make)
        )
        return {(model, firmware, zone): count for model, firmware, zone, count in rows}
    zones = session.execute(select(DeviceRow.time_zone, func.count()).where(*wanted).group_by(DeviceRow.time_zone))
    return {("", "", zone): count for zone, count in zones}
