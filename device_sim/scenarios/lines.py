"""Which line of a TOML file says what: its parser tells values, not where they stand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Path = tuple[str | int, ...]
"""The way to a value: names of tables and keys, and places in arrays of tables."""

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_QUOTED = re.compile(r"""\"(?:\\.|[^"\\])*\"|'[^']*'|#.*""")
_BLOCKS = ('"""', "'''")


def lines_of(text: str) -> dict[Path, int]:
    """The line, counted from 1, on which each table and key of a valid TOML file stands."""
    found: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    depth, block = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if block:
            block = "" if block in line else block
            continue
        if depth == 0:
            if header := _HEADER.match(line):
                table = _table(header[1] == "[[", _parts(header[2]), counts)
                found.setdefault(table, number)
                continue
            if key := _KEY.match(line):
                found.setdefault(table + _parts(key[1]), number)
        block = next((mark for mark in _BLOCKS if line.count(mark) == 1), "")
        bare = _QUOTED.sub("", line)
        depth = max(0, depth + sum(bare.count(one) for one in "[{") - sum(bare.count(one) for one in "]}"))
    return found


def line_of(lines: Mapping[Path, int], path: Sequence[str | int]) -> int | None:
    """The line of the value at `path`, else of the nearest table around it; None where that is the file."""
    for length in range(len(path), 0, -1):
        if line := lines.get(tuple(path[:length])):
            return line
    return None


def _parts(dotted: str) -> Path:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


def _table(is_array: bool, names: Path, counts: dict[Path, int]) -> Path:
    """The path of a header's table; `counts` says how many elements each array has so far."""
    path: list[Any] = []
    for place, name in enumerate(names):
        path.append(name)
        here = tuple(path)
        if is_array and place == len(names) - 1:
            counts[here] = counts.get(here, -1) + 1
        if here in counts:
            path.append(counts[here])
    return tuple(path)
