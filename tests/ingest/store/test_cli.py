"""The store as a person at the command line sees it, and as doctor does."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing

import pytest
import typer
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from ingest import build, erasure
from ingest.cli import register
from ingest.reading import ReadingBatch
from ingest.registry.devices import Device
from ingest.store.protocol import keep
from kit.db import transaction
from kit.settings import Settings

T0 = 1_763_683_200_000
Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, engine: Engine) -> Run:
    root = typer.Typer()
    register(root)

    def run(*words: str) -> Result:
        return CliRunner().invoke(root, list(words), obj=settings)

    return run


def stored(settings: Settings) -> None:
    with closing(build.open_store(settings)) as store:
        keep(store, ReadingBatch.of([256] * 100, list(range(T0, T0 + 100)), [1.0] * 100))


def test_the_statistics_say_what_a_reading_costs(run: Run, settings: Settings) -> None:
    assert json.loads(run("store", "stats", "--json").stdout)["readings"] == 0
    stored(settings)
    found = json.loads(run("store", "stats", "--json").stdout)
    assert (found["readings"], found["files"], found["days"], found["set_aside"]) == (100, 1, 1, 0)
    assert found["bytes_a_reading"] == round(found["bytes"] / 100, 2) > 0
    assert found["first"].startswith("2025-11-21T00:00:00")


def test_a_damaged_file_is_named_by_check_set_aside_by_the_writer_and_told_by_doctor(
    run: Run, settings: Settings
) -> None:
    stored(settings)
    assert run("store", "check").exit_code == 0
    (file,) = settings.data_path("store").rglob("*.parquet")
    file.write_bytes(file.read_bytes()[:-1])
    result = run("store", "check", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (1, [{"damaged": str(file)}])
    with closing(build.open_store(settings)) as store:
        keep(store, ReadingBatch.of([256], [T0 + 500], [1.0]))
        assert len(store.read([256], T0, T0 + 1000)) == 1
    (check,) = [check for check in build.doctor(settings) if check.name == "store"]
    assert not check.ok
    assert "1 damaged files set aside" in check.detail


def test_an_erasure_is_asked_for(run: Run, engine: Engine, fleet: list[Device]) -> None:
    assert run("devices", "erase", fleet[0].identifier).exit_code == 0
    with transaction(engine) as session:
        assert [one.device_no for one in erasure.waiting(session)] == [fleet[0].no]
    assert run("devices", "erase", "nobody").exception is not None
