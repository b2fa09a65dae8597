"""Numbers and times in words, for the evidence that staff read."""

from __future__ import annotations

import math

UNITS = {
    "Cel": "°C",
    "1": "",
    "/min": "per minute",
    "%/h": "% an hour",
    "[ppm]": "ppm",
    "deg": "°",
    "m/s2": "m/s²",
    "uS": "µS",
    "K/Hz": "K per Hz",
    "{rpm}/Hz": "rpm per Hz",
    "mm/s/Hz": "mm/s per Hz",
    "mm/s/{rpm}": "mm/s per rpm",
    "bar/{rpm}": "bar per rpm",
    "%/K": "% per K",
    "Pa/%": "Pa per %",
    "Pa/W": "Pa per W",
    "K/%": "K per %",
    "mm/s/%": "mm/s per %",
    "W/(L/min)": "W per L/min",
}
SMALL = 0.1  # a ratio or share below this is told by three figures that count: it may be small in good health


def quantity(value: float, unit: str) -> str:
    """A value with its unit as people write it: ``112.5 °C``."""
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 20 else 2
    if ("/" in unit or unit == "1") and 0.0 < abs(value) < SMALL:
        digits = 2 - math.floor(math.log10(abs(value)))
    text = f"{value:,.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    text = "0" if text == "-0" else text.replace("-", "\N{MINUS SIGN}")
    return f"{text} {UNITS.get(unit, unit.strip('{}'))}".strip()


def duration(ms: float) -> str:
    """A length of time in its one or two largest units: ``2 h 5 min``."""
    minutes = round(ms / 60_000)
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else f"{round(ms / 1000)} s"
