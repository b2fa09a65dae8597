"""The pages say what the code does."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import pytest
import typer

from ingest.wire.device_types import DEVICE_TYPES
from kit.cli import app
from kit.plugins import parts

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("[a-z]*/README.md")]


def generator() -> object:
    spec = importlib.util.spec_from_file_location("write_docs", ROOT / "scripts" / "write_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "page", ["configuration.md", "detectors.md", "device-types.md", "metrics.md", "simulated-faults.md"]
)
def test_a_written_page_is_what_the_code_says_now(page: str) -> None:
    expected = generator().PAGES[page]()  # type: ignore[attr-defined]
    assert (ROOT / "docs" / page).read_text("utf-8") == expected, "run `make docs`"


def test_every_command_in_the_pages_exists() -> None:
    for module in parts("cli"):
        module.register(app)
    root = typer.main.get_command(app)
    for page in PAGES:
        for words in re.findall(r"forewarn ((?:[a-z][a-z-]*(?: |`|$|\n))+)", page.read_text("utf-8")):
            node, path = root, []
            for word in words.replace("`", " ").split():
                if not hasattr(node, "commands"):
                    break
                path.append(word)
                assert word in node.commands, f"{page.name}: forewarn {' '.join(path)}"
                node = node.commands[word]


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} -> {target}"


def test_every_signal_in_the_telemetry_page_exists() -> None:
    text = (ROOT / "docs" / "telemetry.md").read_text("utf-8")
    known = {signal.name for _, kind in DEVICE_TYPES.items() for signal in kind.signals}
    examples = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    assert examples
    for example in examples:
        rows = json.loads(example)
        for row in rows if isinstance(rows, list) else [rows]:
            assert set(row["signals"]) <= known
