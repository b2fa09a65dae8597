"""Permissions: what an owner allows goes for the devices that they have, and for nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ingest.registry import devices
from ingest.registry.devices import DeviceSpec
from ingest.registry.permissions import VITALS, forbid, permit

BAND = DeviceSpec("demo", "band-1", "wearable", owner="c-1")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        yield session


def test_nothing_is_permitted_until_the_owner_says_so_and_no_longer_than_they_say_so(session: Session) -> None:
    band = devices.register(session, BAND, NOW)
    assert band.permits == ()
    for _ in range(2):
        permit(session, "demo", "c-1", VITALS)
    assert devices.by_numbers(session, [band.no])[band.no].permits == (VITALS,)
    for _ in range(2):
        forbid(session, "demo", "c-1", VITALS)
    assert devices.by_numbers(session, [band.no])[band.no] == band


def test_what_one_owner_permits_goes_for_all_of_their_devices_and_not_for_the_next_owner(session: Session) -> None:
    band = devices.register(session, BAND, NOW)
    nobodys = devices.register(session, replace(BAND, identifier="band-3", owner=None), NOW)
    permit(session, "demo", "c-1", VITALS)
    permit(session, "elsewhere", "c-2", VITALS)
    later = devices.register(session, replace(BAND, identifier="band-2"), NOW)
    assert (later.permits, nobodys.permits) == ((VITALS,), ())
    devices.hand_over(session, band.no, "c-2", NOW)
    assert devices.access_device(session, "demo", "band-1").permits == ()
    assert devices.access_device(session, "demo", "band-2").permits == (VITALS,)
