from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kit.services import LocalBroker, LocalPostgres


def test_a_broker_that_outlived_its_supervisor_is_ended_before_another_uses_its_folder(tmp_path: Path) -> None:
    first = LocalBroker(tmp_path / "broker")
    first.start()
    second = LocalBroker(tmp_path / "broker")
    second.start()
    try:
        assert not first.alive()
        assert second.alive()
    finally:
        second.stop()
    first.stop()


def test_a_process_that_took_over_an_old_number_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    broker = LocalBroker(tmp_path / "broker")
    (tmp_path / "broker").mkdir()
    (tmp_path / "broker" / "broker.pid").write_text(str(stranger.pid))
    broker.start()
    broker.stop()
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


@pytest.mark.slow
def test_services_that_died_are_noticed_and_start_again_where_they_were(tmp_path: Path) -> None:
    postgres = LocalPostgres(tmp_path / "postgres")
    url = postgres.start()
    assert postgres.alive()
    os.kill(postgres._server.get_pid() or 0, signal.SIGQUIT)
    while postgres.alive():
        time.sleep(0.05)
    assert postgres.start() == url
    postgres.stop()

    broker = LocalBroker(tmp_path / "broker")
    broker.start()
    assert broker._process is not None
    broker._process.kill()
    broker._process.wait()
    assert not broker.alive()
    assert broker.start() == broker.url
    broker.stop()
