"""Connections to a broker, in both ways of reading."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ingest.gateway.mqtt import Connection
from kit.settings import Broker
from tests.ingest.gateway.connections import ALL, Connect
from tests.ingest.support import until


@pytest.fixture(params=["fast", "plain"])
def connected(request: pytest.FixtureRequest) -> Connect:
    """Connect to a broker in one of the two ways and wait for the subscription."""

    @contextmanager
    def connect(
        url: str, folder: Path | None = None, filters: tuple[str, ...] = (ALL,), **more: Any
    ) -> Iterator[Connection]:
        connection = Connection(Broker(url=url), "gateway-test", filters, request.param, folder, **more)
        connection.start()
        try:
            until(lambda: connection.connected, "the subscription")
            yield connection
        finally:
            connection.stop()

    return connect
