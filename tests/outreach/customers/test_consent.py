"""Consent to have vital signs looked at reaches the device registry, and leaves it, at once."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from ingest.registry import devices
from ingest.registry.devices import DeviceSpec
from ingest.registry.permissions import VITALS
from kit.db import transaction
from outreach.customers import consent, record
from outreach.customers.record import Customer
from tests.outreach.conftest import NOON, TENANT

EVE = Customer(TENANT, "c-9", "Eve", "en", "UTC", "metric", None, (), ())
BAND = DeviceSpec(TENANT, "band-9", "wearable", owner="c-9")


@pytest.mark.parametrize("give", [consent.grant, consent.grant_first])
def test_a_consent_to_vitals_permits_them_on_the_customers_devices_until_it_is_withdrawn(
    engine: Engine, give: object
) -> None:
    with transaction(engine) as session:
        record.save(session, EVE, NOON)
        assert devices.register(session, BAND, NOON).permits == ()
        assert give(session, TENANT, "c-9", VITALS, source="test", at=NOON)  # type: ignore[operator]
        assert not give(session, TENANT, "c-9", VITALS, source="test", at=NOON)  # type: ignore[operator]
        assert devices.access_device(session, TENANT, "band-9").permits == (VITALS,)
        assert consent.withdraw(session, TENANT, "c-9", VITALS, NOON)
        assert devices.access_device(session, TENANT, "band-9").permits == ()


def test_a_consent_to_be_written_to_permits_nothing_more_and_an_import_brings_back_nothing(engine: Engine) -> None:
    with transaction(engine) as session:
        record.save(session, EVE, NOON)
        devices.register(session, BAND, NOON)
        consent.grant(session, TENANT, "c-9", "service", source="test", at=NOON)
        consent.grant(session, TENANT, "c-9", VITALS, source="test", at=NOON)
        consent.withdraw(session, TENANT, "c-9", VITALS, NOON)
        consent.grant_first(session, TENANT, "c-9", VITALS, source="import", at=NOON)
        assert devices.access_device(session, TENANT, "band-9").permits == ()
