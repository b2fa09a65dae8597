from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from kit import leases
from kit.db import transaction


def test_a_lease_has_one_holder_until_it_runs_out(engine: Engine) -> None:
    with transaction(engine) as session:
        first = leases.acquire(session, "p/0", "a", seconds=60)
        assert first is not None
        assert leases.acquire(session, "p/0", "b", seconds=60) is None
        session.execute(text("UPDATE lease SET expires_at = clock_timestamp() - interval '1 s'"))
        second = leases.acquire(session, "p/0", "b", seconds=60)
    assert second is not None
    assert second.epoch == first.epoch + 1


def test_a_replaced_holder_cannot_commit(engine: Engine) -> None:
    with transaction(engine) as session:
        old = leases.acquire(session, "p/0", "a", seconds=60)
        assert old is not None
        leases.release(session, old)
        assert leases.acquire(session, "p/0", "b", seconds=60) is not None
    with pytest.raises(leases.LeaseLost), transaction(engine) as session:
        leases.fence(session, old)
    with pytest.raises(leases.LeaseLost), transaction(engine) as session:
        leases.renew(session, old, seconds=60)
