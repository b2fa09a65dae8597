"""Fixtures of the detector tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from detectors.engine.program import Program, compile_profiles
from ingest.build import open_log
from ingest.log import PartitionLog
from kit.settings import Settings


@pytest.fixture(scope="session")
def program() -> Program:
    """Every registered profile, compiled."""
    return compile_profiles()


@pytest.fixture
def log(settings: Settings) -> Iterator[PartitionLog]:
    """A partition log of this test's own."""
    log = open_log(settings)
    yield log
    log.close()
