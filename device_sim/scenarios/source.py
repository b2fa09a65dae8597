"""From the text of a scenario file to its plan; every error names the line and the fix."""

from __future__ import annotations

import re
import tomllib
from difflib import get_close_matches
from pathlib import Path as File
from typing import Any

import msgspec

from device_sim.errors import ScenarioFileInvalid, WaysImpossible
from device_sim.network import NetworkSpec
from device_sim.people import USUAL, Ways
from device_sim.scenarios.lines import Path, line_of, lines_of
from device_sim.scenarios.plan import TABLES, Plan

YEARS = (2000, 2100)
NUMBERS: tuple[tuple[str, type[Ways | NetworkSpec]], ...] = (("people", Ways), ("network", NetworkSpec))


class Source:
    """Where a plan was read from; makes errors that name the line."""

    def __init__(self, file: str, text: str = "") -> None:
        self.file = file
        self._lines = lines_of(text)

    def problem(self, path: Path, problem: str, fix: str) -> ScenarioFileInvalid:
        """The error about the value at `path`."""
        return ScenarioFileInvalid(self.file, line_of(self._lines, path), problem, fix)

    def known(self, path: Path, what: str, name: str, names: list[str]) -> None:
        """Raises ScenarioFileInvalid when `name` is none of `names`; says which is the nearest."""
        if name not in names:
            raise self.problem(path, f"there is no {what} '{name}'.", nearest(name, names))


def nearest(name: str, names: list[str]) -> str:
    """What somebody may have meant, in a sentence."""
    if close := get_close_matches(name, names, 1, 0.5):
        return f"Did you mean '{close[0]}'?"
    shown = ", ".join(names[:40]) + (", …" if len(names) > 40 else "")
    return f"Known: {shown}." if names else "There is none to choose from."


def read(path: File, shown: str) -> tuple[Plan, Source]:
    """The plan in the file at `path`, called `shown` in errors. Raises ScenarioFileInvalid."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise ScenarioFileInvalid(
            shown, None, "there is no such file.", "Give the path of a scenario file, or a name of `forewarn sim list`."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioFileInvalid(shown, None, f"it cannot be read: {error}.", "It must be UTF-8 text.") from error
    return parse(text, shown)


def parse(text: str, shown: str) -> tuple[Plan, Source]:
    """The plan in `text`. Raises ScenarioFileInvalid."""
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        at = re.search(r"line (\d+)", str(error))
        line = int(at[1]) if at else None
        raise ScenarioFileInvalid(shown, line, f"it is no TOML: {error}.", "Mend that line.") from error
    source = Source(shown, text)
    _allow_tables(content, source)
    if content.get("people") == "usual":
        content["people"] = USUAL
    for name, kind in NUMBERS:
        if isinstance(content.get(name), dict):
            content[name] = _numbers(content[name], name, kind, source)
    try:
        plan = msgspec.convert(content, Plan)
    except msgspec.ValidationError as error:
        raise _explained(str(error), source) from error
    if not YEARS[0] <= plan.start.year <= YEARS[1]:
        problem = f"the year {plan.start.year} is none to simulate."
        raise source.problem(("start",), problem, f"Take one from {YEARS[0]} to {YEARS[1]}.")
    return plan, source


def _allow_tables(content: dict[str, Any], source: Source) -> None:
    if isinstance(devices := content.get("devices"), list) and not devices:
        raise source.problem(("devices",), "it has no devices.", "Add a table [[devices]] with a type.")
    if "devices" not in content:
        raise source.problem((), "it has no devices.", "Add a table [[devices]] with a type.")


def _numbers(table: dict[str, Any], name: str, kind: type[Ways | NetworkSpec], source: Source) -> Any:
    """A table of plain numbers as its dataclass, which checks itself and begins its complaint with the key."""
    known = list(kind.__dataclass_fields__)
    for key, value in table.items():
        if key not in known:
            raise source.problem((name, key), f"[{name}] knows no key '{key}'.", nearest(key, known))
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise source.problem((name, key), f"{key} is no number.", f"Write {key} = 0.1, without quotes.")
    try:
        return kind(**table)
    except (ValueError, WaysImpossible) as error:
        complaint = getattr(error, "problem", str(error))
        key = next((key for key in sorted(table, key=len, reverse=True) if key in complaint), "")
        fix = getattr(error, "fix", "") or "Correct that number."
        raise source.problem((name, key), f"{complaint.rstrip('.')}.", fix) from error


def _explained(complaint: str, source: Source) -> ScenarioFileInvalid:
    """The error for what msgspec complains about, which ends with the way to the value."""
    what, _, where = complaint.partition(" - at `$")
    path = _path(where.rstrip("`"))
    unknown = re.match(r"Object contains unknown field `(.*)`", what)
    if unknown:
        known = _keys_at(path)
        return source.problem((*path, unknown[1]), f"there is no key '{unknown[1]}' here.", nearest(unknown[1], known))
    if missing := re.match(r"Object missing required field `(.*)`", what):
        return source.problem(path, f"the key '{missing[1]}' is missing.", f"Add {missing[1]} = …")
    key = f"{path[-1]} " if path else ""
    shown = re.sub(r"`(\w+)`", r"\1", what[:1].lower() + what[1:])
    return source.problem(path, f"{key}does not fit: {shown}.", "Correct that value.")


def _path(text: str) -> Path:
    parts = re.findall(r"\.([A-Za-z0-9_]+)|\[(\d+)\]", text)
    return tuple(name or int(place) for name, place in parts)


def _keys_at(path: Path) -> list[str]:
    return list(TABLES[str(path[0])].__struct_fields__ if path else Plan.__struct_fields__)
