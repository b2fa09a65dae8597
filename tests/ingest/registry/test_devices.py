"""The registry: idempotent, strict about types, exact about owners."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ingest.errors import InvalidDevice, InvalidIdentifier, ManifestInvalid, UnknownDevice
from ingest.registry import devices
from ingest.registry.devices import DeviceSpec
from ingest.registry.manifest import import_devices

CAR = DeviceSpec("demo", "car-1", "vehicle", model="Golf", label="Family car", time_zone="Europe/Berlin", owner="c-1")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        yield session


def test_registering_twice_changes_nothing(session: Session) -> None:
    first = devices.register(session, CAR, NOW)
    assert devices.register(session, CAR, NOW + HOUR) == first
    assert devices.all_devices(session, "demo") == [first]
    assert devices.access_device(session, "demo", "car-1") == first
    assert devices.by_numbers(session, [first.no, 999]) == {first.no: first}


def test_details_can_change_and_an_owner_that_is_not_given_stays(session: Session) -> None:
    devices.register(session, CAR, NOW)
    changed = devices.register(session, replace(CAR, firmware="2.0", owner=None), NOW + HOUR)
    assert (changed.firmware, changed.owner) == ("2.0", "c-1")


def test_tenants_do_not_see_each_others_devices(session: Session) -> None:
    devices.register(session, CAR)
    with pytest.raises(UnknownDevice):
        devices.access_device(session, "other", "car-1")
    assert (
        devices.register(session, replace(CAR, tenant="other")).no != devices.access_device(session, "demo", "car-1").no
    )


def test_ownership_is_known_for_every_time(session: Session) -> None:
    no = devices.register(session, CAR, NOW).no
    devices.hand_over(session, no, "c-2", NOW + HOUR)
    devices.hand_over(session, no, "c-2", NOW + 2 * HOUR)
    first, second = devices.owners(session, no)
    assert (first.owner, first.ended_at) == ("c-1", NOW + HOUR)
    assert (second.owner, second.started_at, second.ended_at) == ("c-2", NOW + HOUR, None)
    assert devices.access_device(session, "demo", "car-1").owner == "c-2"


def test_a_type_is_for_life(session: Session) -> None:
    devices.register(session, CAR)
    with pytest.raises(InvalidDevice, match="registered as vehicle") as caught:
        devices.register(session, replace(CAR, type="heat_pump"))
    assert caught.value.field == "type"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("type", "submarine"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", ""),
        ("label", "x" * 201),
        ("model", "a\x00b"),
        ("owner", "\ud800"),
    ],
)
def test_a_device_that_cannot_be_is_refused(session: Session, field: str, value: str) -> None:
    with pytest.raises(InvalidDevice) as caught:
        devices.register(session, replace(CAR, **{field: value}))  # type: ignore[arg-type]
    assert caught.value.field == field


def test_an_identifier_must_fit_a_topic(session: Session) -> None:
    with pytest.raises(InvalidIdentifier):
        devices.register(session, replace(CAR, identifier="a/b"))


def test_a_manifest_is_imported_and_may_be_imported_again(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "fleet.json"
    entry = {"id": "car-1", "type": "vehicle", "owner": "c-1", "extra": 1}
    path.write_text(json.dumps({"devices": [entry, {"id": "hp-1", "type": "heat_pump"}], "customers": [{"id": "c-1"}]}))
    first = import_devices(session, path, "demo")
    assert [(device.identifier, device.owner) for device in first] == [("car-1", "c-1"), ("hp-1", None)]
    assert import_devices(session, path, "demo") == first


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"devices": [{"id": "a"}]}',
        '{"devices": [{"id": 1, "type": "vehicle"}]}',
        '{"devices": [{"id": "a", "type": "vehicle"}, {"id": "a", "type": "vehicle"}]}',
        "[" * 100_000,
    ],
)
def test_a_file_that_is_no_manifest_is_refused(session: Session, tmp_path: Path, content: str) -> None:
    path = tmp_path / "fleet.json"
    path.write_text(content)
    with pytest.raises(ManifestInvalid):
        import_devices(session, path, "demo")


def test_a_manifest_that_is_not_there_is_refused(session: Session, tmp_path: Path) -> None:
    with pytest.raises(ManifestInvalid, match="No such file"):
        import_devices(session, tmp_path / "none.json", "demo")


def test_a_device_can_speak_through_another_even_before_that_one_is_known(session: Session) -> None:
    child = devices.register(session, DeviceSpec("demo", "room-1", "room_sensor", parent="hub-1"))
    hub = devices.register(session, DeviceSpec("demo", "hub-1", "hub"))
    devices.register(session, DeviceSpec("other", "room-1", "room_sensor", parent="hub-1"))
    assert devices.children(session, "demo", "hub-1") == [child]
    assert devices.children(session, "demo", "room-1") == devices.children(session, "demo", "") == []
    assert (child.parent, hub.parent) == ("hub-1", "")
    assert devices.register(session, DeviceSpec("demo", "room-1", "room_sensor")).parent == ""


@pytest.mark.parametrize(("parent", "error"), [("car-1", InvalidDevice), ("a/b", InvalidIdentifier)])
def test_a_parent_that_cannot_be_is_refused(session: Session, parent: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        devices.register(session, replace(CAR, parent=parent))


def test_a_manifest_may_name_a_child_before_its_hub(session: Session, tmp_path: Path) -> None:
    listed = [{"id": "leak-1", "type": "leak_sensor", "parent": "hub-1"}, {"id": "hub-1", "type": "hub"}]
    path = tmp_path / "fleet.json"
    path.write_text(json.dumps({"devices": listed}))
    assert [device.parent for device in import_devices(session, path, "demo")] == ["hub-1", ""]
