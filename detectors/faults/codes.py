"""The catalogue of diagnostic trouble codes (``codes.toml``): what each means, how grave it is, what to do.

A car's own diagnosis notes a code as pending on the first drive on which its condition holds, confirms it on the
next (the lamp goes on), and keeps it as permanent. A pending code supports what the signals say; a confirmed one is
proof. A code that is in no entry is known by its system alone.
"""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from detectors.faults.fault import Level
from detectors.faults.profile import HOUR, Channel, Gate, Watch
from ingest.wire import codes as wire

TROUBLE_CODE = "trouble_code"
OTHER = "code_other"
PENDING = "_pending"
CONFIRMED = Gate("trouble_status", low=1)  # the states are pending, confirmed, permanent
GRAVE = {"low": 4.0, "medium": 6.0, "high": 8.0}  # severity of a confirmed code: of a symptom far beyond its habit
PENDING_GRAVE = 2.0
QUIET = 3 * HOUR  # of driving without it: about the three drives after which OBD-II puts the lamp out
MOST = 0xFFFF
SYSTEMS = ("powertrain", "chassis", "body", "network")


@dataclass(frozen=True, slots=True)
class Code:
    """An entry: the codes from `first` to `last` as SAE J2012 numbers."""

    first: int
    last: int
    symptom: str
    meaning: str
    severity: Level
    advice: str

    def sentence(self, number: int, *, confirmed: bool) -> str:
        """What a reported code of this entry says, for people."""
        code = f"Trouble code {wire.to_text(number)}"
        return f"{code} is confirmed: {self.meaning}. {self.advice}" if confirmed else f"{code}: {self.meaning}."


@cache
def catalogue() -> tuple[Code, ...]:
    """Every entry, by number. Raises ValueError when entries overlap or an entry makes no sense."""
    text = resources.files("detectors.faults").joinpath("codes.toml").read_text(encoding="utf-8")
    entries = sorted((_entry(raw) for raw in tomllib.loads(text)["code"]), key=lambda code: code.first)
    for before, after in itertools.pairwise(entries):
        if after.first <= before.last:
            raise ValueError(f"{wire.to_text(after.first)} is in two entries of codes.toml.")
    return tuple(entries)


def _entry(raw: dict[str, Any]) -> Code:
    first, last = wire.to_number(raw["first"]), wire.to_number(raw.get("last", raw["first"]))
    if last < first or raw["severity"] not in GRAVE:
        raise ValueError(f"The entry of {raw['first']} in codes.toml ends before it begins or has no known severity.")
    return Code(first, last, raw.get("symptom", OTHER), raw["meaning"], raw["severity"], raw["advice"])


def of(number: int) -> Code:
    """What is known of a code."""
    for code in catalogue():
        if code.first <= number <= code.last:
            return code
    system = SYSTEMS[number >> 14]
    return Code(number, number, OTHER, f"a fault of the {system}", "medium", "Have its memory read in a workshop.")


def watches(beside: str, symptoms: Iterable[str]) -> tuple[Watch, ...]:
    """What watches the trouble codes of a car whose messages have the signal `beside`.

    Each of `symptoms` is watched confirmed, and pending under its name with `PENDING`. Every other code is watched
    as `OTHER`, confirmed only.
    """
    known = frozenset(symptoms)
    named = [code for code in catalogue() if code.symptom in known]
    watched = [_watch(code, beside, confirmed) for code in named for confirmed in (False, True)]
    return (*watched, *(_watch(code, beside, confirmed=True) for code in _between(named)))


def _between(named: list[Code]) -> list[Code]:
    """The ranges that none of `named` covers; 0 says that there is no code."""
    starts, ends = [1, *(code.last + 1 for code in named)], [*(code.first - 1 for code in named), MOST]
    return [
        Code(first, last, OTHER, "", "medium", "") for first, last in zip(starts, ends, strict=True) if first <= last
    ]


def _watch(code: Code, beside: str, confirmed: bool) -> Watch:
    kind = "confirmed" if confirmed else "reported"
    gates = (Gate(TROUBLE_CODE, code.first, code.last), *([CONFIRMED] if confirmed else []))
    channel = Channel(f"Trouble code, {kind}", "1", (TROUBLE_CODE,), "event", when=gates, beside=beside)
    grave = GRAVE[code.severity] if confirmed else PENDING_GRAVE
    name = code.symptom if confirmed else code.symptom + PENDING
    return Watch(name, "event", channel, {"grave": grave, "calm_ms": QUIET})
