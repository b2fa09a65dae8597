"""The house rules of ARCHITECTURE.md, checked on the source itself."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("kit", "ingest", "detectors", "outreach", "api", "device_sim")
UPPER = FOLDERS[1:]
MOST_LINES = 400
MOST_FUNCTION_LINES = 60


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listing.decode().split("\0") if name and (ROOT / name).is_file()]


def test_imports_go_one_way() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_kit_holds_no_domain_word() -> None:
    word = re.compile(r"\b(device|reading|finding|case|customer|notice)s?\b", re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in sources("kit")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if word.search(line)
    ]
    assert not found, "\n".join(found)


def test_kit_stays_small() -> None:
    files = [path for path in sources("kit") if not {"migrations", "alembic"} & set(path.parts)]
    assert len(files) <= 14, [path.name for path in files]
    assert sum(len(path.read_text("utf-8").splitlines()) for path in files) <= 1500


def test_every_file_of_kit_serves_two_folders() -> None:
    """`kit` itself and the tests count as one user each: the root command and its supervisor serve everybody."""
    own = {path.stem for path in (ROOT / "kit").glob("*.py")} - {"__init__", "cli", "up"}
    users: dict[str, set[str]] = {name: set() for name in own}
    for folder in (*FOLDERS, "tests"):
        for path in sources(folder):
            for name in re.findall(r"from kit(?:\.(\w+))? import ([\w, ]+)", path.read_text("utf-8")):
                for used in (name[0], *name[1].split(", ")):
                    if used in users:
                        users[used].add(folder)
    lonely = {name: sorted(folders) for name, folders in users.items() if len(folders) < 2}
    assert not lonely


@pytest.mark.parametrize("path", sources(*FOLDERS), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_short_and_says_what_it_is_for(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "the file's first line says what it does"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and "migrations" not in path.parts:
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= MOST_FUNCTION_LINES, f"{node.name} has {length} lines"


@pytest.mark.parametrize("folder", UPPER)
def test_every_folder_is_laid_out_alike(folder: str) -> None:
    for name in ("__init__.py", "README.md", "config.py", "errors.py", "metrics.py", "build.py", "cli.py"):
        assert (ROOT / folder / name).is_file(), name


@pytest.mark.parametrize("folder", FOLDERS)
def test_names_of_helpers_without_a_job_are_not_used(folder: str) -> None:
    for path in sources(folder):
        assert path.stem not in {"utils", "util", "helpers", "manager", "common", "misc", "base", "service"}, path


def swallows(handler: ast.ExceptHandler) -> bool:
    """Whether a handler takes any error and does not hand it on."""
    broad = handler.type is None or ast.unparse(handler.type) in {"Exception", "BaseException"}
    last = handler.body[-1]
    return broad and not (isinstance(last, ast.Raise) and last.exc is None)


@pytest.mark.slow
def test_broad_excepts_live_only_at_supervised_boundaries() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in sources(*FOLDERS)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ExceptHandler) and swallows(node)
    }
    assert found <= {"kit/supervise.py", "kit/cli.py", "ingest/gateway/contain.py"}  # the last: around plug-ins


def test_only_the_named_files_speak_mqtt_or_serve_pages() -> None:
    rules = {
        r"^\s*(import|from) paho": {"ingest/gateway/mqtt.py", "ingest/gateway/receive.py", "device_sim/transport.py"},
        r"^\s*(import|from) fastapi": {"api/"},
        r"^\s*(import|from) duckdb": {"ingest/store/"},
        r"^\s*(import|from) influxdb_client": {"ingest/store/"},
        r"^\s*(import|from) aiosmtp": {"outreach/contact/"},
    }
    for pattern, places in rules.items():
        for path in sources(*FOLDERS):
            name = str(path.relative_to(ROOT))
            if re.search(pattern, path.read_text("utf-8"), re.MULTILINE):
                assert any(name.startswith(place) for place in places), (pattern, name)


def test_one_word_per_idea() -> None:
    """Words that the glossary gives another name; foreign formats keep their own words in their own files."""
    banned = re.compile(r"\b(ticket|anomal(y|ies|ous)|data_?point|telemetry_point|alarm)s?\b", re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in sources(*FOLDERS)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if banned.search(line)
    ]
    assert not found, "\n".join(found)


def test_the_glossary_has_every_word() -> None:
    glossary = (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("## Glossary")[2]
    for word in (
        "device",
        "device type",
        "signal",
        "series",
        "reading",
        "detector",
        "surprise",
        "severity",
        "finding",
        "fault",
        "episode",
        "case",
        "incident",
        "notice",
        "delivery",
        "receipt",
        "channel",
        "contact point",
        "consent",
        "quiet hours",
        "playbook",
        "verdict",
        "scenario",
        "truth",
        "quarantine",
        "ledger",
    ):
        assert re.search(rf"\*\*[^*]*\b{word}\b", glossary), word


def test_the_project_speaks_of_itself_alone() -> None:
    hosts = "|".join(["python" + "hosted", "py" + r"pi\.org", "registry" + r"\.npmjs", "deb" + r"\.debian\.org"])
    elsewhere = re.compile(hosts + "|/wor" + "k/|bash_" + r"jobs|/\.lib" + "rary", re.IGNORECASE)
    found = []
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {hit.group()}" for hit in elsewhere.finditer(text)]
    assert not found


def test_nothing_binary_is_committed_but_the_readme_picture() -> None:
    binary = []
    for path in tracked():
        try:
            path.read_text("utf-8")
        except UnicodeDecodeError:
            binary.append(str(path.relative_to(ROOT)))
    assert all(name.startswith("docs/img/") and name.endswith(".png") for name in binary), binary
