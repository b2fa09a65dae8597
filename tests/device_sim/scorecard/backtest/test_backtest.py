"""``forewarn backtest`` over a store, over files and over a scenario, as a person runs it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import typer
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from detectors import queries
from detectors.tables import FindingRow, VerdictRow
from device_sim.faults.fault import Occurrence
from device_sim.scorecard.backtest import cli
from device_sim.scorecard.backtest.shadow import shadow
from device_sim.scorecard.backtest.side_by_side import side_by_side, side_of
from device_sim.scorecard.backtest.stored import stored
from device_sim.scorecard.record import Record
from device_sim.scorecard.run.mailbox import Mailbox
from device_sim.scorecard.run.place import laid_over
from device_sim.scorecard.run.product import Product
from device_sim.scorecard.run.whole import OF_A_RUN, TICK_MS, mail_channels
from ingest.reading import Frame, ReadingBatch
from kit.clock import VirtualClock
from kit.db import transaction
from kit.errors import ForewarnError
from kit.settings import Settings
from outreach.tables import OutboxRow
from tests.detectors.detector_feed import MINUTE, drive

START = 1_768_212_000_000  # 2026-01-12 10:00 UTC
STRICT = {"detectors": {"watch": {"vehicle": {"coolant_hot": {"limit": 130.0}}}}}


def lived(settings: Settings) -> Settings:
    """An installation in which two cars drove for three hours, the first too hot from the second hour on."""
    mine = laid_over(settings, OF_A_RUN)
    clock = VirtualClock(START)
    with mail_channels(mine, clock, Mailbox()) as channels, closing(Product(mine, clock, channels)) as product:
        product.register(
            [{"id": name, "type": "vehicle", "owner": "c-1"} for name in ("car-1", "car-2")],
            [{"id": "c-1", "name": "Robin", "email": "robin@example.org", "consents": ["service"],
              "quiet_hours": None}],
        )  # fmt: skip
        coolant = np.r_[np.full(60, 90.0), np.full(120, 121.0)]
        drives = [drive(1, 180, coolant=coolant, start=START), drive(2, 180, start=START)]
        for now_ms in range(START + TICK_MS, START + 181 * MINUTE, TICK_MS):
            clock.advance_to(now_ms)
            parts = [one.take((one.ts >= now_ms - TICK_MS) & (one.ts < now_ms)) for one in drives]
            product.append({0: Frame(now_ms, ReadingBatch.concat(parts))})
            product.step()
        product.flush()
        product.step()
    return mine


def replayed(settings: Settings, policy: Mapping[str, object], truth: list[Occurrence] | None = None) -> Record:
    with stored(settings, (), (None, None), truth) as history:
        return shadow(settings, policy, history, lambda _share: None)


@pytest.mark.slow
def test_a_store_replayed_finds_and_tells_what_was_found_and_told_then_and_touches_nothing(
    settings: Settings, engine: Engine
) -> None:
    mine = lived(settings)
    with transaction(engine) as session:
        before = [(row.id, row.onset, row.detected) for row in session.scalars(select(FindingRow))]
        notices = len(session.scalars(select(OutboxRow)).all())
    made = replayed(mine, {})
    assert [(one.device, one.fault) for one in made.findings] == [("car-1", "coolant_leak")]
    assert [(str(key), int(onset.timestamp() * 1000)) for key, onset, _ in before] == [
        (one.id, one.onset_ms) for one in made.findings
    ]
    assert [one.state for one in made.notices] == ["delivered"]
    with transaction(engine) as session:
        assert len(session.scalars(select(FindingRow)).all()) == len(before)
        assert len(session.scalars(select(OutboxRow)).all()) == notices == 1


@pytest.mark.slow
def test_a_draft_that_finds_less_loses_what_people_called_true(settings: Settings, engine: Engine) -> None:
    mine = lived(settings)
    with transaction(engine) as session:
        finding = session.scalars(select(FindingRow)).one().id
        session.add(
            VerdictRow(finding_id=finding, verdict="true", source="staff", actor="a", note="", at=queries.get(
                session, finding).detected)
        )  # fmt: skip
    in_force, draft = (side_of(replayed(mine, policy), (), complete=False) for policy in ({}, STRICT))
    facts = side_by_side(in_force, draft)
    assert [(one["device"], one["judgement"]) for one in facts["contacts_lost"]] == [("car-1", "right")]
    assert facts["draft"]["findings"] == 0


@pytest.mark.slow
def test_a_store_is_judged_from_the_time_that_was_asked_for(settings: Settings) -> None:
    mine = lived(settings)
    with stored(mine, ["car-2"], (START + 30 * MINUTE, START + 60 * MINUTE), []) as history:
        assert [spec.id for spec in history.devices] == ["car-2"]
        assert (history.start_ms, history.since_ms, history.end_ms) == (
            START, START + 30 * MINUTE, START + 60 * MINUTE,
        )  # fmt: skip
        ((name, batch),) = history.readings(START, START + 10 * MINUTE)
        assert (name, len(batch)) == ("car-2", 50)


@pytest.fixture
def app(settings: Settings, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> typer.Typer:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    made = typer.Typer()
    made.command("backtest")(cli.backtest)
    return made


def draft(tmp_path: Path) -> str:
    path = tmp_path / "draft.toml"
    path.write_text("[detectors.watch.vehicle.coolant_hot]\nlimit = 130\n", "utf-8")
    return str(path)


@pytest.mark.slow
def test_files_are_held_against_their_truth_and_saved_as_json_and_a_page(app: typer.Typer, tmp_path: Path) -> None:
    mapping, hot, truth = tmp_path / "m.toml", tmp_path / "hot.csv", tmp_path / "truth.json"
    mapping.write_text(
        'device_type = "vehicle"\n[time]\nperiod_s = 60\n[signals]\n'
        + "".join(f'{name} = "{name}"\n' for name in ("rpm", "speed", "run_time", "coolant_temp")),
        "utf-8",
    )
    rows = [f"2000,60,{1200 + 60 * n},{90 if n < 60 else 121}" for n in range(120)]
    hot.write_text("\n".join(["rpm,speed,run_time,coolant_temp", *rows]), "utf-8")
    truth.write_text(
        json.dumps({"faults": [{"device": "hot", "fault": "coolant_leak", "onset_ms": 0, "failure_ms": 0}]}), "utf-8"
    )
    words = ["--policy", draft(tmp_path), "--files", str(hot), "--mapping", str(mapping), "--truth", str(truth)]
    out = tmp_path / "out"
    result = CliRunner().invoke(app, [*words, "--out", str(out), "--json"])
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert (facts["history"], facts["held_against"], facts["devices"]) == ("recorded files", "truth", 1)
    assert [(one["device"], one["judgement"]) for one in facts["contacts_lost"]] == [("hot", "right")]
    assert json.loads((out / "backtest.json").read_text("utf-8")) == facts
    assert "<html" in (out / "backtest.html").read_text("utf-8")


@pytest.mark.parametrize(
    "words",
    [
        ("--scenario", "one_vehicle", "--files", "x.csv", "--mapping", "carobd"),
        ("--files", "x.csv"),
        ("--mapping", "carobd"),
        ("--scenario", "one_vehicle", "--since", "2026-01-01"),
        ("--files", "x.csv", "--mapping", "carobd", "--device", "x"),
        ("--scenario", "no_such_scenario"),
        ("--since", "monday"),
        (),  # an empty store
    ],
)
def test_a_mistake_is_told_before_anything_runs(app: typer.Typer, tmp_path: Path, words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, ["--policy", draft(tmp_path), *words])
    assert isinstance(result.exception, ForewarnError), result.output
    assert result.exception.fix
