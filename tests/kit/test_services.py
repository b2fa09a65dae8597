from __future__ import annotations

from pathlib import Path

import pytest

from kit import services
from kit.services import LocalBroker


def test_where_mosquitto_is_not_installed_the_packaged_broker_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "find_mosquitto", lambda: None)
    broker = LocalBroker(tmp_path / "broker")
    try:
        assert broker.start() == f"mqtt://127.0.0.1:{broker.port}"
        assert (tmp_path / "broker" / "jetstream").exists()
    finally:
        broker.stop()
