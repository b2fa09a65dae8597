"""Mapping files: which column of a recording is which signal, in which unit, and when each row happened.

```toml
description = "…"
device_type = "air_handler"
missing = ["", "#VALUE!"]            # cells that say that nothing was measured; these two are the default

[time]
column = "Datetime"                  # or: period_s = 0.5, a fixed time from row to row
format = "%m/%d/%Y %H:%M"            # of strptime; "iso", "epoch_s" or "epoch_ms"; default iso
zone = "UTC"                         # of times that name none
base = "whole_days"                  # see `Base`

[signals]
supply_air_temp = { column = "AHU: Supply Air Temperature", unit = "F->C" }
fan_speed = { column = "Fan", factor = 100.0, offset = 0.0 }
fan_on = "AHU: Supply Air Fan Status"
engine_on = { column = "ENGINE_RPM ()", above = 0.0 }   # yes when the number is above
mode = { column = "Mode", values = { "1" = "heating", "0" = "off" } }
```

White space around column names does not count, neither here nor in the recording.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from device_sim.errors import MappingInvalid
from ingest.wire.catalogue import DeviceType, Kind
from ingest.wire.device_types import DEVICE_TYPES

UNITS = {  # name: (factor, offset)
    "F->C": (5 / 9, -160 / 9),
    "K->C": (1.0, -273.15),
    "fraction->percent": (100.0, 0.0),
    "mph->km/h": (1.609344, 0.0),
    "psi->bar": (0.0689476, 0.0),
    "gpm->L/min": (3.785412, 0.0),
    "kW->W": (1000.0, 0.0),
    "ms->s": (0.001, 0.0),
}
MISSING = ("", "#VALUE!")
PACKAGED = "mappings"


class Base(StrEnum):
    """Where in time a recording is put."""

    WHOLE_DAYS = "whole_days"  # moved by whole days to end at most a day ago: the time of day stays
    ORIGINAL = "original"  # as recorded
    END_AT_NOW = "end_at_now"  # the last row is now
    START_AT_NOW = "start_at_now"  # the first row is now; only for real time


@dataclass(frozen=True, slots=True)
class Source:
    """Where a signal's value comes from: ``number * factor + offset``, a threshold, or a table of texts."""

    signal: str
    column: str
    kind: Kind
    factor: float = 1.0
    offset: float = 0.0
    above: float | None = None
    values: Table[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """How a row's time is found: `column` with `format`, or `period_s` from row to row."""

    column: str | None
    format: str
    zone: ZoneInfo
    period_s: float | None
    base: Base


@dataclass(frozen=True, slots=True)
class Mapping:
    """A checked mapping file."""

    name: str
    description: str
    device_type: str
    time: TimeAxis
    sources: tuple[Source, ...]
    missing: frozenset[str]


def packaged() -> list[str]:
    """Names of the mappings that come with the product."""
    return sorted(path.name.removesuffix(".toml") for path in files("device_sim").joinpath(PACKAGED).iterdir())


def load(name: str) -> Mapping:
    """The mapping in the file `name`, or the packaged one of that name. Raises MappingInvalid."""
    path = Path(name)
    if not path.suffix and name in packaged():
        text = files("device_sim").joinpath(PACKAGED, f"{name}.toml").read_text("utf-8")
        return parse(text, name)
    try:
        return parse(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise MappingInvalid(
            name, f"{reason}.", f"Give a file, or one of the packaged mappings: {', '.join(packaged())}."
        ) from None


def parse(text: str, where: str) -> Mapping:
    """A mapping out of TOML. Raises MappingInvalid naming what is wrong and what there is instead."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingInvalid(where, f"it is not valid TOML: {error}.", "Correct that line.") from None
    _known_keys(where, "the file", content, {"description", "device_type", "missing", "time", "signals"})
    kind = content.get("device_type")
    if not isinstance(kind, str) or kind not in DEVICE_TYPES:
        raise MappingInvalid(where, f"there is no device type '{kind}'.", f"Known: {', '.join(DEVICE_TYPES)}.")
    device_type = DEVICE_TYPES.get(kind)
    signals = content.get("signals")
    if not isinstance(signals, dict) or not signals:
        raise MappingInvalid(where, "[signals] is missing or empty.", 'Write lines such as  speed = "SPEED"  below it.')
    missing = content.get("missing", list(MISSING))
    if not isinstance(missing, list) or not all(isinstance(word, str) for word in missing):
        raise MappingInvalid(where, "'missing' is not a list of texts.", 'Write it as  missing = ["", "#VALUE!"].')
    sources = tuple(_source(where, device_type, name, entry) for name, entry in signals.items())
    time = _time(where, content.get("time"))
    return Mapping(where, str(content.get("description", "")), kind, time, sources, frozenset(map(str.strip, missing)))


def _source(where: str, device_type: DeviceType, name: str, entry: Any) -> Source:
    try:
        signal = device_type.signal(name)
    except KeyError:
        known = ", ".join(signal.name for signal in device_type.signals)
        raise MappingInvalid(where, f"a {device_type.name} has no signal '{name}'.", f"Its signals: {known}.") from None
    table = {"column": entry} if isinstance(entry, str) else entry
    if not isinstance(table, dict) or not isinstance(table.get("column"), str) or not table["column"].strip():
        raise MappingInvalid(
            where, f"signal '{name}' names no column.", f'Write  {name} = "COLUMN"  or  {{ column = "COLUMN", … }}.'
        )
    _known_keys(where, f"signal '{name}'", table, {"column", "unit", "factor", "offset", "above", "values"})
    factor, offset = _unit(where, name, table)
    values = table.get("values", {})
    if not isinstance(values, dict):
        raise MappingInvalid(where, f"'values' of '{name}' is not a table.", 'Write  values = { "1" = "heating" }.')
    for value in values.values():
        if signal.kind is Kind.STATE and value not in signal.states:
            raise MappingInvalid(where, f"'{name}' has no state '{value}'.", f"Its states: {', '.join(signal.states)}.")
    above = _number(where, name, table, "above") if "above" in table else None
    return Source(name, table["column"].strip(), signal.kind, factor, offset, above, values)


def _unit(where: str, name: str, table: dict[str, Any]) -> tuple[float, float]:
    if "unit" in table:
        if "factor" in table or "offset" in table:
            raise MappingInvalid(where, f"'{name}' has a unit and a factor.", "Give one of them.")
        if table["unit"] not in UNITS:
            known = ", ".join(UNITS)
            raise MappingInvalid(
                where,
                f"there is no unit '{table['unit']}' for '{name}'.",
                f"Known: {known}; or give factor and offset.",
            )
        return UNITS[table["unit"]]
    return _number(where, name, table, "factor", 1.0), _number(where, name, table, "offset", 0.0)


def _time(where: str, table: Any) -> TimeAxis:
    fix = 'Write [time] with  column = "…"  and  format = "…", or with  period_s = 1.0.'
    if not isinstance(table, dict):
        raise MappingInvalid(where, "[time] is missing.", fix)
    _known_keys(where, "[time]", table, {"column", "format", "zone", "period_s", "base"})
    column, period = table.get("column"), table.get("period_s")
    if (column is None) == (period is None) or not isinstance(column, str | None):
        raise MappingInvalid(where, "[time] needs either a column or a period.", fix)
    if period is not None and not 0.001 <= _number(where, "time", table, "period_s") <= 86_400:
        raise MappingInvalid(where, "period_s is not between 0.001 and 86400 seconds.", fix)
    try:
        zone = ZoneInfo(str(table.get("zone", "UTC")))
    except (ZoneInfoNotFoundError, ValueError):
        raise MappingInvalid(where, f"there is no time zone '{table['zone']}'.", "Write it as Europe/Berlin.") from None
    base = table.get("base", Base.WHOLE_DAYS if column else Base.END_AT_NOW)
    if base not in set(Base):
        raise MappingInvalid(where, f"there is no time base '{base}'.", f"Known: {', '.join(Base)}.")
    return TimeAxis(column.strip() if column else None, str(table.get("format", "iso")), zone, period, Base(base))


def _number(where: str, name: str, table: dict[str, Any], key: str, default: float = 0.0) -> float:
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MappingInvalid(where, f"'{key}' of '{name}' is not a number.", f"Write  {key} = 1.0.")
    return float(value)


def _known_keys(where: str, what: str, table: dict[str, Any], known: set[str]) -> None:
    if unknown := sorted(set(table) - known):
        raise MappingInvalid(where, f"{what} has an unknown key '{unknown[0]}'.", f"Known: {', '.join(sorted(known))}.")
