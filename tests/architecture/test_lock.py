"""The lock files: exact, hashed, for every platform that we name, and without a word about where packages come from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
ENTRY = re.compile(r"^([a-z0-9][\w.-]*)==(\S+?)(?: ; ([^\\]*))?(?: \\)?$", re.IGNORECASE)


def entries(file: str) -> dict[str, list[str]]:
    """Package → the lines of its block."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in (ROOT / file).read_text("utf-8").splitlines():
        if match := ENTRY.match(line):
            name = match[1].lower().replace("_", "-")
            found.setdefault(name, [])
        else:
            found[name].append(line.strip())
    return found


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=; ]", text)[0].lower().replace("_", "-") for text in requirements}


@pytest.mark.parametrize("file", ["constraints.txt", "constraints-dev.txt"])
def test_every_package_is_pinned_with_hashes(file: str) -> None:
    for name, lines in entries(file).items():
        assert lines, name
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}(?: \\)?", line) for line in lines), name


@pytest.mark.parametrize("file", ["constraints.txt", "constraints-dev.txt"])
def test_what_has_compiled_parts_has_a_wheel_for_each_platform_and_python(file: str) -> None:
    """Wheels for Linux, macOS and Windows on three Pythons make well over a dozen hashes."""
    packages = entries(file)
    for name in ("numpy", "numba", "duckdb", "psycopg-binary", "msgspec"):
        assert len(packages[name]) >= 12, name


def test_every_dependency_is_locked_and_both_files_agree() -> None:
    run, dev = entries("constraints.txt"), entries("constraints-dev.txt")
    assert names(PROJECT["dependencies"]) <= set(run)
    assert names(PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]) <= set(dev)
    shared = set(run) & set(dev)
    assert {name: run[name] for name in shared} == {name: dev[name] for name in shared}


@pytest.mark.parametrize("file", ["constraints.txt", "constraints-dev.txt"])
def test_no_index_is_named(file: str) -> None:
    text = (ROOT / file).read_text("utf-8")
    assert "://" not in text
    assert "index" not in text
