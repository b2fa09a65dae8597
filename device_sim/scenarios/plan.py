"""A scenario file: what may stand in it, and what it says. `docs/scenarios.md` explains every key.

Days are counted from the start of the period: 0 is its first instant, 1.5 the noon of the second day in UTC.
"""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime
from difflib import get_close_matches
from functools import cache
from pathlib import Path as File
from typing import Annotated, Any

import msgspec

from device_sim.errors import ScenarioFileInvalid, WaysImpossible
from device_sim.network import PERFECT, NetworkSpec
from device_sim.people import PASSIVE, USUAL, Ways
from device_sim.scenarios.lines import Path, line_of, lines_of
from kit.clock import to_ms

Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Chance = Annotated[float, msgspec.Meta(ge=0, le=1)]
Weight = Annotated[float, msgspec.Meta(gt=0, le=1e9)]
DayNumber = Annotated[float, msgspec.Meta(ge=0, le=400)]
Depth = Annotated[float, msgspec.Meta(gt=0, le=100)]

MOST_DEVICES = 100_000


class _Table(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A table of the file; a key that it does not know is an error."""


class Devices(_Table, frozen=True, kw_only=True):
    """``[[devices]]``: `count` devices of one type, ids ``<name>-1`` and so on; `name` is by default the type.

    `models` and `firmware` are the mix, by weight. `behind` names the ``[[devices]]`` of hubs that they speak through.
    `recordings` are recorded lives; the devices play them in turn, and without `count` there is one for each.
    """

    type: str
    count: Annotated[int, msgspec.Meta(ge=1, le=MOST_DEVICES)] | None = None
    name: str = ""
    models: dict[str, Weight] = msgspec.field(default_factory=lambda: {"Model 1": 1.0})
    firmware: dict[str, Weight] = msgspec.field(default_factory=lambda: {"1.0": 1.0})
    behind: str = ""
    recordings: tuple[str, ...] = ()
    rows_each: Annotated[int, msgspec.Meta(ge=1, le=500)] = 1
    on_change: bool = False
    codec: str = "forewarn_json"

    @property
    def prefix(self) -> str:
        """What ids begin with."""
        return self.name or self.type

    @property
    def number(self) -> int:
        """How many there are."""
        return self.count or len(self.recordings) or 1


class Customers(_Table, frozen=True, kw_only=True):
    """``[customers]``: how many devices each has on average, and the shares who agreed and who have quiet hours."""

    devices_each: Annotated[float, msgspec.Meta(ge=1, le=1000)] = 2.0
    consent: Chance = 1.0
    quiet_hours: Chance = 1.0


class Rate(_Table, frozen=True, kw_only=True):
    """``[[rates]]``: a fault or harmless change that strikes by chance, on devices that have none of its kind yet.

    Exactly one of `share` (of the devices that it can strike), `per_1000_device_days` and `count` says how often. It
    begins between `from_day` and `to_day`; without `to_day`, early enough to come to its end within the period.
    """

    fault: str
    types: tuple[str, ...] = ()
    share: Share | None = None
    per_1000_device_days: Annotated[float, msgspec.Meta(gt=0, le=500)] | None = None
    count: Annotated[int, msgspec.Meta(ge=1, le=MOST_DEVICES)] | None = None
    from_day: DayNumber | None = None
    to_day: DayNumber | None = None


class Strike(_Table, frozen=True, kw_only=True):
    """``[[faults]]``: one fault on one device by hand; what is left out is drawn."""

    fault: str
    device: str
    day: DayNumber
    fails_day: DayNumber | None = None
    ends_day: DayNumber | None = None
    depth: Depth | None = None
    signal: str = ""


class Event(_Table, frozen=True, kw_only=True):
    """``[[events]]``: one cause that strikes many devices at once: all that fit `types`, `places`, `firmware`, `hub`.

    `share` is the part of those that it strikes; of a `hub`, it strikes the hub and every device behind it.
    """

    fault: str
    day: DayNumber
    fails_day: DayNumber | None = None
    ends_day: DayNumber | None = None
    types: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    firmware: str = ""
    hub: str = ""
    share: Share = 1.0


class Owner(_Table, frozen=True, kw_only=True):
    """``[[owners]]``: `customer` has `device` from one day to the other; without `to_day`, for good."""

    device: str
    customer: str
    from_day: DayNumber = 0.0
    to_day: DayNumber | None = None


class Plan(_Table, frozen=True, kw_only=True):
    """A whole scenario file."""

    summary: Annotated[str, msgspec.Meta(min_length=1)]
    days: Annotated[int, msgspec.Meta(ge=1, le=400)]
    devices: Annotated[tuple[Devices, ...], msgspec.Meta(min_length=1)]
    start: date = date(2026, 1, 12)
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 20
    learning_days: DayNumber | None = None
    places: dict[str, Weight] = msgspec.field(default_factory=lambda: {"ber": 1.0})
    customers: Customers = Customers()
    people: Ways = PASSIVE
    network: NetworkSpec = PERFECT
    rates: tuple[Rate, ...] = ()
    faults: tuple[Strike, ...] = ()
    events: tuple[Event, ...] = ()
    owners: tuple[Owner, ...] = ()

    @property
    def start_ms(self) -> int:
        """Midnight of the first day in UTC."""
        return to_ms(datetime(self.start.year, self.start.month, self.start.day, tzinfo=UTC))

    @property
    def learns(self) -> float:
        """Days without any fault that is drawn, for detectors to learn the healthy device."""
        return min(8.0, 0.4 * self.days) if self.learning_days is None else self.learning_days


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
    for name, kind in (("people", Ways), ("network", NetworkSpec)):
        if isinstance(content.get(name), dict):
            content[name] = _numbers(content[name], name, kind, source)
    try:
        return msgspec.convert(content, Plan), source
    except msgspec.ValidationError as error:
        raise _explained(str(error), source) from error


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


@cache
def _tables() -> dict[str, list[str]]:
    kinds = {
        "devices": Devices,
        "customers": Customers,
        "rates": Rate,
        "faults": Strike,
        "events": Event,
        "owners": Owner,
    }
    return {name: list(kind.__struct_fields__) for name, kind in kinds.items()} | {"": list(Plan.__struct_fields__)}


def _keys_at(path: Path) -> list[str]:
    return _tables().get(str(path[0]) if path else "", [])
