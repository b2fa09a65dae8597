"""Fixtures of the detector tests."""

from __future__ import annotations

import pytest

from detectors.engine.program import Program, compile_profiles


@pytest.fixture(scope="session")
def program() -> Program:
    """Every registered profile, compiled."""
    return compile_profiles()
