"""`make up` on a machine that lacks something: a sentence and the fix, never a traceback."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Just what the install step reads."""
    for name in ("pyproject.toml", "constraints.txt", "README.md", "LICENSE", "Makefile"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    return tmp_path


def make_up(folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    plain = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "FOREWARN", "VIRTUAL"))}
    return subprocess.run(
        ["make", "up"], cwd=folder, env=plain | environ, capture_output=True, text=True, check=False, timeout=120
    )


def test_another_python_is_named_with_the_fix(clone: Path) -> None:
    result = make_up(clone, PYTHON="/bin/false")
    assert result.returncode != 0
    assert "Python 3.11, 3.12 or 3.13 is needed" in result.stderr
    assert "make PYTHON=" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_a_package_index_that_cannot_be_reached_is_said(clone: Path) -> None:
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
    result = make_up(clone, PYTHON=sys.executable, **nowhere)
    assert result.returncode != 0
    assert "Check the network" in result.stderr
    assert "Traceback" not in result.stderr


def test_help_names_every_target() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("help", "up", "test", "test-all", "check", "bench"):
        assert f"make {target}" in shown
