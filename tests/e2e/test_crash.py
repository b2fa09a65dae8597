"""kill -9 in the middle of a stream: nothing acknowledged is missing, one case a fault, one mail a notice."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from conftest import Mailbox
from product import Product
from sqlalchemy import Engine, text

from detectors.engine.engine import Engine as Detection
from detectors.engine.program import compile_profiles
from detectors.queries import saved_offsets
from ingest.build import open_log, open_store
from ingest.log.frames import decode
from ingest.registry.devices import by_numbers
from kit.db import transaction
from kit.settings import Settings

KILLS = 5


@pytest.mark.slow
def test_killing_gateway_and_worker_at_random_moments_loses_and_doubles_nothing(
    product: Product, mailbox: tuple[Mailbox, int], tmp_path: Path, settings: Settings, engine: Engine
) -> None:
    box, _ = mailbox
    moments = random.SystemRandom()
    fleet = str(tmp_path / "fleet.json")
    product.run("sim", "manifest", "demo", "--seed", "3", "--out", fleet)
    product.run("devices", "import", fleet)
    product.run("customers", "import", fleet)
    product.start("gateway", "writer", "detector", "outreach")

    paced = "120000"  # times real time: two weeks and 800,000 readings in ten seconds, so that the kills land inside
    command = [sys.executable, "-m", "kit.cli", "sim", "run", "demo", "--seed", "3", "--days", "14", "--speed", paced]
    fleet_run = subprocess.Popen(
        [*command, "--json"], cwd=tmp_path, env=product.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    for turn in range(KILLS):
        time.sleep(moments.uniform(0.5, 2.0))
        for role in ("gateway", "detector", *(("writer",) if turn % 2 else ())):
            product.kill(role)
            product.start(role)
    sent = json.loads(fleet_run.communicate(timeout=150)[0])
    assert sent["readings"] >= 100_000

    def stored() -> int:
        with closing(open_store(settings, read_only=True)) as store:
            return store.count()

    product.wait_for("every reading in the store", lambda: stored() >= sent["readings"])
    assert stored() == sent["readings"], "each reading is stored, and stored once"
    with closing(open_log(settings)) as log:
        ends = {partition: log.bounds(partition)[1] for partition in range(log.partitions)}
    product.wait_for("detection at the end of the log", lambda: has_looked(engine, ends))
    product.wait_for("an empty inbox", lambda: untriaged(engine) == 0)
    product.wait_for("an empty outbox", lambda: not product.facts("status")["notices"]["queued"])
    product.stop_all()

    with engine.connect() as connection:
        found = {str(row.id) for row in connection.execute(text("SELECT id FROM finding"))}
        cases = connection.execute(text("SELECT tenant, device, fault FROM cases")).all()
    assert found == undisturbed(settings, engine), "the findings are those of a run without a crash"
    assert len(cases) == len(set(cases)) > 0
    mails = Counter((mail["To"], mail["Subject"]) for mail in box.mails)
    assert set(mails.values()) == {1}, mails


def has_looked(engine: Engine, ends: dict[int, int]) -> bool:
    """Whether detection has looked at each partition up to this offset; heartbeats go on behind it."""
    with transaction(engine) as session:
        looked = saved_offsets(session)
    return all(looked.get(partition, 0) >= end for partition, end in ends.items())


def untriaged(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM finding WHERE triaged_at IS NULL")).scalar_one())


def undisturbed(settings: Settings, engine: Engine) -> set[str]:
    """The ids of what a detector finds that reads the same log from end to end without dying."""
    program, found = compile_profiles(), set()
    with closing(open_log(settings)) as log, transaction(engine) as session:
        for partition in range(log.partitions):
            detection = Detection(program, lambda numbers: by_numbers(session, numbers))
            for _offset, data in log.read(partition, 0, 1_000_000):
                found |= {str(finding.id) for finding in detection.process(decode(data))}
    return found
