"""Customers come in by manifest: all or none, again and again, and never against their will."""

from __future__ import annotations

import json
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from kit.db import transaction
from outreach.customers import consent, manifest, record
from outreach.customers.manifest import Entry
from outreach.customers.quiet_hours import QuietHours
from outreach.customers.record import Customer
from outreach.errors import CustomersInvalid, InvalidCustomer
from tests.outreach.conftest import NOON, TENANT

ADA: dict[str, Any] = {
    "id": "c-1",
    "name": "Ada Lind",
    "language": "de",
    "time_zone": "Europe/Berlin",
    "email": "Ada@Example.com",
    "phone": "+49 30 1234",
    "consents": ["service"],
    "quiet_hours": ["22:00", "07:30"],
}


def load(engine: Engine, path: Path, *people: dict[str, Any]) -> list[Customer]:
    file = path / "fleet.json"
    file.write_text(json.dumps({"devices": [{"id": "x"}], "customers": people}), "utf-8")
    with transaction(engine) as session:
        assert manifest.load(session, file, TENANT, NOON) == len(people)
        return record.every(session, TENANT)


def test_a_manifest_becomes_customers(engine: Engine, tmp_path: Path) -> None:
    (ada,) = load(engine, tmp_path, ADA)
    assert (ada.name, ada.language, ada.time_zone, ada.consents) == ("Ada Lind", "de", "Europe/Berlin", ("service",))
    assert ada.quiet_hours == QuietHours(time(22), time(7, 30))
    assert [(point.channel, point.address, point.verified) for point in ada.contact_points] == [
        ("email", "Ada@example.com", True),
        ("phone", "+49 30 1234", True),
    ]


def test_quiet_hours_left_out_are_the_house_s_and_null_is_none(engine: Engine, tmp_path: Path) -> None:
    without = {key: value for key, value in ADA.items() if key != "quiet_hours"}
    assert load(engine, tmp_path, without)[0].quiet_hours is None
    assert str(load(engine, tmp_path, ADA | {"quiet_hours": None})[0].quiet_hours) == ""


def test_a_second_import_brings_up_to_date_and_keeps_a_withdrawal(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, ADA)
    with transaction(engine) as session:
        assert consent.withdraw(session, TENANT, "c-1", "service", NOON + timedelta(days=1))
    (ada,) = load(engine, tmp_path, ADA | {"email": "new@example.com", "phone": None})
    assert [point.address for point in ada.contact_points] == ["new@example.com"]
    assert ada.consents == (), "what somebody withdrew stays withdrawn"


@pytest.mark.parametrize(
    "wrong",
    [
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../../etc/passwd"},
        {"email": "nobody"},
        {"email": "x@y.example\r\nBcc: z@y.example"},
        {"quiet_hours": ["21:00"]},
        {"quiet_hours": ["evening", "morning"]},
        {"quiet_hours": "21:00-08:00"},
        {"name": ""},
        {"name": "a\0b"},
        {"id": 7},
        {"unit_system": "furlongs"},
        {"consents": [""]},
        {"phone": "1" * 500},
    ],
)
def test_one_bad_customer_and_nothing_is_taken(engine: Engine, tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(CustomersInvalid) as caught:
        load(engine, tmp_path, ADA, ADA | {"id": "c-2"} | wrong)
    assert caught.value.fix
    with transaction(engine) as session:
        assert record.every(session, TENANT) == []


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"customers": 3}', b"\xff\xfe", b'{"customers": [1]}'])
def test_a_file_that_is_no_manifest_is_a_sentence(engine: Engine, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "fleet.json"
    file.write_bytes(content)
    with transaction(engine) as session, pytest.raises(CustomersInvalid):
        manifest.load(session, file, TENANT, NOON)
    with transaction(engine) as session, pytest.raises(CustomersInvalid):
        manifest.load(session, tmp_path / "missing.json", TENANT, NOON)


@given(
    st.builds(
        Entry,
        id=st.text(max_size=20),
        name=st.text(max_size=20),
        language=st.text(max_size=5),
        time_zone=st.text(max_size=20),
        email=st.none() | st.text(max_size=20),
        phone=st.none() | st.text(max_size=20),
        quiet_hours=st.none() | st.lists(st.text(max_size=6), max_size=3),
    )
)
def test_any_entry_is_a_customer_or_a_sentence(entry: Entry) -> None:
    try:
        customer = manifest.parse(entry, TENANT)
    except InvalidCustomer:
        return
    assert customer.zone.key == customer.time_zone
