"""A small fleet, a publisher, roles and the books, for the tests of ingest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import hypothesis
import pytest
from sqlalchemy import Engine

from ingest.registry.devices import Device, DeviceSpec, register
from kit.db import transaction
from kit.settings import Settings
from tests.ingest.support import Books, Process, Publisher

hypothesis.settings.register_profile("ingest", deadline=None)
hypothesis.settings.load_profile("ingest")


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    """A few devices send what a fleet would: nobody is throttled but where a test wants it."""
    return {"FOREWARN__INGEST__DEVICE_BURST": "1000000", **environment}


@pytest.fixture
def publisher(broker_url: str) -> Iterator[Publisher]:
    with closing(Publisher(broker_url)) as publisher:
        yield publisher


@pytest.fixture
def fleet(engine: Engine) -> list[Device]:
    """Three cars and a heat pump."""
    specs = [DeviceSpec("demo", f"car-{n}", "vehicle") for n in range(3)] + [DeviceSpec("demo", "hp-0", "heat_pump")]
    with transaction(engine) as session:
        return [register(session, spec) for spec in specs]


@pytest.fixture
def role(environment: dict[str, str]) -> Iterator[Callable[[str], Process]]:
    """Start a role as a process; whatever still runs at the end is killed."""
    started: list[Process] = []

    def start(name: str) -> Process:
        started.append(Process(name, environment | {"FOREWARN__INGEST__FLUSH_S": "0.1"}))
        return started[-1]

    yield start
    for process in started:
        process.kill()


@pytest.fixture
def books(engine: Engine, settings: Settings) -> Books:
    return Books(engine, settings)
