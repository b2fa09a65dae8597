"""Claims: a code gives its device to one customer, once, in time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ingest.errors import ClaimRefused
from ingest.registry import claims, devices
from ingest.registry.audit import history, note
from ingest.registry.devices import Device, set_revoked

WEEK = timedelta(days=7)


def test_a_code_makes_the_device_theirs_once(session: Session, car: Device) -> None:
    code = claims.new_code(session, car, WEEK)
    assert code not in str(session.execute(text("SELECT * FROM device_claim")).all())
    assert claims.claim(session, "demo", code.lower().replace("-", " "), "c-1").owner == "c-1"
    with pytest.raises(ClaimRefused):
        claims.claim(session, "demo", code, "c-2")
    assert devices.access_device(session, "demo", "car-1").owner == "c-1"


def test_a_newer_code_ends_the_one_before(session: Session, car: Device) -> None:
    old, new = claims.new_code(session, car, WEEK), claims.new_code(session, car, WEEK)
    with pytest.raises(ClaimRefused):
        claims.claim(session, "demo", old, "c-1")
    assert claims.claim(session, "demo", new, "c-1").owner == "c-1"


@pytest.mark.parametrize("code", ["", "ABCD", "\0", "7KQ2-M4XW-9T3B-HRZA", "é" * 50])
def test_no_other_text_is_a_code(session: Session, car: Device, code: str) -> None:
    claims.new_code(session, car, WEEK)
    with pytest.raises(ClaimRefused):
        claims.claim(session, "demo", code, "c-1")


def test_a_code_runs_out_and_does_not_work_elsewhere_or_for_a_revoked_device(session: Session, car: Device) -> None:
    with pytest.raises(ClaimRefused):
        claims.claim(session, "demo", claims.new_code(session, car, timedelta(0)), "c-1")
    code = claims.new_code(session, car, WEEK)
    with pytest.raises(ClaimRefused):
        claims.claim(session, "other", code, "c-1")
    set_revoked(session, car.no, revoked=True)
    with pytest.raises(ClaimRefused):
        claims.claim(session, "demo", code, "c-1")


def test_ownership_has_a_start_and_an_end(session: Session, car: Device) -> None:
    claims.claim(session, "demo", claims.new_code(session, car, WEEK), "c-1")
    claims.claim(session, "demo", claims.new_code(session, car, WEEK), "c-2")
    devices.release(session, car.no)
    devices.release(session, car.no)
    first, second = devices.owners(session, car.no)
    assert (first.owner, second.owner) == ("c-1", "c-2")
    assert first.ended_at == second.started_at
    assert second.ended_at is not None
    assert devices.access_device(session, "demo", "car-1").owner is None


def test_changes_are_on_record_in_order(session: Session, car: Device) -> None:
    note(session, car, "kim", "registered")
    note(session, car, "kim", "claimed", "by c-1")
    lines = history(session, "demo", "car-1")
    assert [(line.actor, line.action, line.detail) for line in lines] == [
        ("kim", "registered", ""), ("kim", "claimed", "by c-1"),
    ]  # fmt: skip
    assert history(session, "other", "car-1") == []
