from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest
import typer

from kit.cli import app
from kit.plugins import parts


def forewarn(*words: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kit.cli", *words]
    env = {"PATH": os.environ["PATH"], "COLUMNS": "200", **environ}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def commands() -> list[tuple[str, str]]:
    """Every command by its full name with its help text."""
    for module in parts("cli"):
        module.register(app)
    found: list[tuple[str, str]] = []

    def walk(prefix: str, group: typer.core.TyperGroup) -> None:
        for name, child in group.commands.items():
            if isinstance(child, typer.core.TyperGroup):
                walk(f"{prefix} {name}", child)
            else:
                found.append((f"{prefix} {name}", child.help or ""))

    walk("forewarn", cast("typer.core.TyperGroup", typer.main.get_command(app)))
    return found


def test_every_command_has_help_and_an_example() -> None:
    named = commands()
    assert len(named) > 15
    for name, text in named:
        assert len(text) > 20, name
        assert re.search(r"Examples?:\s+forewarn ", text), f"{name} shows no example"


def test_no_database_is_a_sentence_and_the_fix(tmp_path: Path) -> None:
    result = forewarn("status", "--json", cwd=tmp_path)
    assert result.returncode == 3
    assert "No database is configured" in result.stderr
    assert "forewarn up" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_database_that_does_not_answer_is_a_sentence(tmp_path: Path) -> None:
    result = forewarn("status", cwd=tmp_path, FOREWARN__DATABASE__URL="postgresql://u:geheim@127.0.0.1:9/x")
    assert result.returncode == 3
    assert "does not answer" in result.stderr
    assert "geheim" not in result.stderr
    assert "Traceback" not in result.stderr


def test_an_unknown_key_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "forewarn.toml").write_text("[core]\nnope = 1\n")
    result = forewarn("config", "show", cwd=tmp_path)
    assert result.returncode == 3
    assert "core.nope" in result.stderr


def test_the_settings_are_shown_with_secrets_masked(tmp_path: Path) -> None:
    result = forewarn("config", "show", "--json", cwd=tmp_path, FOREWARN__DATABASE__URL="postgresql://u:geheim@h/d")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["core"]["tenant"] == "demo"
    assert "geheim" not in result.stdout


def test_a_folder_that_is_not_ours_is_never_deleted(tmp_path: Path) -> None:
    (tmp_path / "keep").mkdir()
    (tmp_path / "keep" / "letter").write_text("dear")
    result = forewarn("reset", "--yes", cwd=tmp_path, FOREWARN__CORE__DATA_DIR="keep")
    assert result.returncode == 3
    assert "not made by Forewarn" in result.stderr
    assert (tmp_path / "keep" / "letter").exists()


@pytest.mark.parametrize("words", [["--help"], ["up", "--help"], ["worker", "run", "--help"]])
def test_help_is_helpful(words: list[str], tmp_path: Path) -> None:
    result = forewarn(*words, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "Usage" in result.stdout


def test_help_does_not_wait_for_what_it_does_not_need() -> None:
    register = "import sys, kit.cli\nfor one in kit.cli.parts('cli'): one.register(kit.cli.app)\n"
    code = register + "print({'numba', 'duckdb', 'fastapi', 'scipy'} & set(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout == "set()\n"
