"""kill -9 of the real outreach process while it sends to a real, moody mail server: no notice goes out twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from kit.db import transaction
from outreach.cases import queries
from outreach.customers.record import ContactPoint
from outreach.tables import OutboxRow
from tests.outreach.conftest import TENANT, World, make_customer, make_finding
from tests.outreach.contact.provider import moody, provider

NOTICES = 60
KILLS = 3
OVER = {"delivered", "failed", "unknown"}


@pytest.fixture
def environ(database_url: str, tmp_path: Path) -> dict[str, str]:
    return os.environ | {
        "FOREWARN__CORE__DATA_DIR": str(tmp_path),
        "FOREWARN__DATABASE__URL": database_url.replace("+psycopg", ""),
        "FOREWARN__OUTREACH__QUIET_FROM": "00:00",
        "FOREWARN__OUTREACH__QUIET_UNTIL": "00:00",
        "FOREWARN__OUTREACH__FRESH_HOURS": "720",
        "FOREWARN__DETECTORS__FALSE_CONTACTS_PER_1000_DEVICE_DAYS": "1000",
        "FOREWARN__OUTREACH__LEASE_S": "2",
        "FOREWARN__OUTREACH__RETRY_FIRST_S": "0.1",
        "FOREWARN__OUTREACH__SMTP_TIMEOUT_S": "1",
        "FOREWARN__OUTREACH__SMTP_TLS": "none",
    }


def start(environ: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "kit.cli", "worker", "run", "--role", "outreach"]
    return subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def states(world: World) -> dict[str, int]:
    with transaction(world.engine) as session:
        found = list(session.scalars(select(OutboxRow.state)))
    return {state: found.count(state) for state in set(found)}


def wait_until_over(world: World) -> dict[str, int]:
    for _ in range(600):
        found = states(world)
        if sum(found.values()) == NOTICES and set(found) <= OVER:
            return found
        time.sleep(0.1)
    return states(world)


def prepare(world: World) -> None:
    now = datetime.now(UTC)
    for number in range(NOTICES):
        address = ContactPoint("email", f"c{number}@example.com", verified=True)
        world.people(make_customer(f"c-{number}", contact_points=(address,), quiet_hours=None), device=f"car-{number}")
        world.found(make_finding(device=f"car-{number}", onset=now - timedelta(hours=1), detected=now))


def wait_for(world: World, number: int) -> None:
    """Until so many notices have left the queue."""
    for _ in range(1200):
        found = states(world)
        if sum(found.get(state, 0) for state in (*OVER, "sending")) >= number:
            return
        time.sleep(0.01)


def run_with_kills(world: World, environ: dict[str, str], seed: int) -> None:
    """Let the process work, and kill it in the midst of it, again and again."""
    dice = random.Random(seed)
    for kill in range(1, KILLS + 1):
        process = start(environ)
        wait_for(world, kill * NOTICES // (KILLS + 2))
        time.sleep(dice.random() * 0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()


def finish(world: World, environ: dict[str, str]) -> dict[str, int]:
    process = start(environ)
    found = wait_until_over(world)
    process.terminate()
    process.wait(40)
    return found


@pytest.mark.slow
def test_a_killed_sender_never_sends_a_notice_twice(world: World, environ: dict[str, str]) -> None:
    prepare(world)
    moods = {"451_rcpt": 0.05, "451_data": 0.05, "gone_at_data": 0.05, "gone_after_accept": 0.1}
    with provider(moody(7, moods)) as desk:
        environ |= {"FOREWARN__OUTREACH__SMTP_HOST": "127.0.0.1", "FOREWARN__OUTREACH__SMTP_PORT": str(desk.port)}
        run_with_kills(world, environ, seed=7)
        found = finish(world, environ)
    assert set(found) <= OVER, found
    assert sum(found.values()) == NOTICES
    assert max(desk.copies.values()) == 1, "nobody got a notice twice"
    with transaction(world.engine) as session:
        for notice in session.scalars(select(OutboxRow)):
            taken = desk.copies[f"<{notice.message_id}>"]
            assert taken == 1 if notice.state == "delivered" else notice.state == "unknown" or taken == 0


@pytest.mark.slow
def test_with_the_built_in_sink_every_notice_arrives_once(world: World, environ: dict[str, str]) -> None:
    prepare(world)
    run_with_kills(world, environ, seed=11)
    found = finish(world, environ)
    assert found == {"delivered": NOTICES}
    with transaction(world.engine) as session:
        copies = session.execute(text("SELECT count(*), max(copies) FROM sink_mail")).one()
        notices = queries.counts(session, TENANT)["notices"]
        assert notices == {"queued": 0, "held": 0, "waiting": 0, "delivered": NOTICES, "failed": 0}
        assert len(queries.queue(session, TENANT, group="all", limit=500)) == NOTICES
    assert tuple(copies) == (NOTICES, 1)


@pytest.mark.slow
def test_the_process_stops_cleanly_when_asked(world: World, environ: dict[str, str]) -> None:
    world.people()
    world.found(make_finding(detected=datetime.now(UTC)))
    process = start(environ)
    for _ in range(600):
        if states(world):
            break
        time.sleep(0.05)
    process.terminate()
    assert process.wait(40) == 0
