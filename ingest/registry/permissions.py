"""What the owners of devices allow beyond their being looked after: whoever judges readings asks here first.

The customer's consent, with its proof, is kept where customers are; this is what follows from it for devices.
"""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ingest.tables import PermissionRow

VITALS = "vitals"  # that the vital signs of the wearer are judged
COACHING = "coaching"  # that trips are kept and how they were driven is judged
PURPOSES = frozenset({VITALS, COACHING})
"""Purposes that decide what is looked at. Others, such as being written to, are not kept here."""


def permit(session: Session, tenant: str, owner: str, purpose: str) -> None:
    """Allow it for every device that `owner` has or will have; saying so twice changes nothing."""
    values = {"tenant": tenant, "owner": owner, "purpose": purpose}
    session.execute(insert(PermissionRow).values(**values).on_conflict_do_nothing())


def forbid(session: Session, tenant: str, owner: str, purpose: str) -> None:
    """Allow it no longer; nothing changes where it was not allowed."""
    session.execute(
        delete(PermissionRow).where(
            PermissionRow.tenant == tenant, PermissionRow.owner == owner, PermissionRow.purpose == purpose
        )
    )
