"""A session and a device, for the tests of identity."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ingest.registry.devices import Device, DeviceSpec, register


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        yield session


@pytest.fixture
def car(session: Session) -> Device:
    return register(session, DeviceSpec("demo", "car-1", "vehicle"))
