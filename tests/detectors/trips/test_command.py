"""`forewarn detectors trips`: what is kept, and why there is nothing."""

from __future__ import annotations

import json

import pytest
import typer
from sqlalchemy import Engine
from typer.testing import CliRunner

from detectors import cli
from detectors.trips import store
from ingest.errors import UnknownDevice
from ingest.registry.devices import DeviceSpec, register
from ingest.registry.permissions import COACHING, permit
from kit.db import transaction
from kit.settings import Settings
from tests.detectors.trips.test_worker import a_trip


def forewarn(settings: Settings, *words: str) -> str:
    root = typer.Typer()
    cli.register(root)
    done = CliRunner().invoke(root, ["detectors", "trips", *words], obj=settings)
    if done.exception is not None:
        raise done.exception
    return done.stdout


def test_trips_are_listed_with_what_cost_points_and_only_with_consent(engine: Engine, settings: Settings) -> None:
    with transaction(engine) as session:
        register(session, DeviceSpec("demo", "car-0", "vehicle", owner="c-0"))
    assert "not agreed" in forewarn(settings, "car-0")
    with transaction(engine) as session:
        permit(session, "demo", "c-0", COACHING)
    assert "no trip yet" in forewarn(settings, "car-0")
    with transaction(engine) as session:
        store.write(session, [a_trip()])
    (facts,) = json.loads(forewarn(settings, "car-0", "--json"))
    assert (facts["km"], facts["braking"], facts["cornering"], facts["judged_by"]) == (20.0, 1, None, "speed")
    assert "braked hard once in 20 km" in facts["cost"]
    assert "Not judged" in " ".join(forewarn(settings, "car-0").split())


def test_a_device_that_nobody_knows_is_said_so(engine: Engine, settings: Settings) -> None:
    del engine
    with pytest.raises(UnknownDevice):
        forewarn(settings, "none")
