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

from ingest.build import open_store
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

    paced = "300000"  # times real time: two weeks and 800,000 readings in some ten seconds, so that kills land inside
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
    product.wait_for("cases", lambda: product.facts("status")["lag_seconds"] == 0 and product.facts("cases", "list"))
    product.wait_for("quiet", lambda: not product.facts("status")["notices"]["queued"] or time.sleep(1), seconds=30)
    with engine.connect() as connection:
        doubles = connection.execute(
            text("SELECT count(*) - count(DISTINCT (tenant, device, fault)) FROM cases")
        ).scalar()
        assert connection.execute(text("SELECT count(*) FROM cases")).scalar()
    assert doubles == 0
    mails = Counter((mail["To"], mail["Subject"]) for mail in box.mails)
    assert set(mails.values()) <= {1}, mails
