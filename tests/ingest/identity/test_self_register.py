"""Self-registration: by pattern, once, on record, and off unless somebody wrote a pattern."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ingest.errors import InvalidDevice
from ingest.gateway.known import KnownDevices
from ingest.identity.self_register import admit, checked
from ingest.registry import devices
from ingest.registry.audit import history
from ingest.registry.devices import Device

PATTERNS = {"car-*": "vehicle", "hp-[0-9]*": "heat_pump", "car-x*": "wearable"}


def test_matching_names_are_registered_once_and_on_record(session: Session, car: Device) -> None:
    names = ["car-1", "car-2", "car-x", "hp-7", "hp-a", "fridge", "car-\n", "CAR-3"]
    admitted = admit(session, "demo", names, PATTERNS)
    assert {d.identifier: d.type for d in admitted} == {"car-2": "vehicle", "car-x": "vehicle", "hp-7": "heat_pump"}
    assert admit(session, "demo", names, PATTERNS) == []
    assert [line.action for line in history(session, "demo", "car-2")] == ["registered itself"]
    assert history(session, "demo", "car-1") == []


def test_without_a_pattern_nobody_registers(session: Session) -> None:
    assert admit(session, "demo", ["car-1"], {}) == []
    assert devices.all_devices(session, "demo") == []


def test_a_pattern_with_an_unknown_type_is_refused_at_once() -> None:
    assert checked(PATTERNS) == PATTERNS
    with pytest.raises(InvalidDevice):
        checked({"car-*": "spaceship"})


def test_the_gateway_knows_a_device_that_registered_itself_at_once(engine: Engine) -> None:
    known = KnownDevices(engine, "demo", 4, PATTERNS)
    known.look_up(["car-9", "stranger", "car-#"])
    found = known.get("car-9")
    assert found is not None
    assert "rpm" in found.signals
    assert known.get("stranger") is None
    KnownDevices(engine, "demo", 4).look_up(["car-8"])
    with Session(engine) as session:
        assert [device.identifier for device in devices.all_devices(session, "demo")] == ["car-9"]
