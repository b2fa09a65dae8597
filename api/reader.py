"""How a reader sees times, numbers and units: in their language and their zone, the zone always shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime
from babel.numbers import format_decimal

LANGUAGES = ("en", "de")
LEAST, MOST = 0.005, 1e12  # numbers outside are written with a power of ten: nobody counts so many zeros
_UNITS = {"1": "", "Cel": "°C", "Ohm": "Ω", "[ppm]": "ppm", "deg": "°", "m/s2": "m/s²", "uS": "µS"}


@dataclass(frozen=True, slots=True)
class Reader:
    """One reader: a language that the pages speak, and a time zone."""

    language: str
    zone: ZoneInfo

    @staticmethod
    def of(language: str, time_zone: str) -> Reader:
        """A reader out of stored text; an unknown language reads English, an unknown zone UTC."""
        known = language.split("-", maxsplit=1)[0].lower()
        return Reader(known if known in LANGUAGES else "en", _zone(time_zone))

    @property
    def zone_name(self) -> str:
        """The zone as people say it: ``Europe/Berlin``."""
        return self.zone.key

    def language_name(self, code: str) -> str:
        """A language in the reader's own words: ``German``; the code itself when nobody knows it."""
        try:
            return Locale.parse(code, sep="-").get_language_name(_locale(self.language)) or code
        except (ValueError, UnknownLocaleError):
            return code

    def moment(self, at: datetime) -> str:
        """Day, time and zone: ``21 Nov 2025, 14:03 CET``."""
        pattern = "d. MMM y, HH:mm" if self.language == "de" else "d MMM y, HH:mm"
        local = at.astimezone(self.zone)
        return f"{format_datetime(local, pattern, locale=_locale(self.language))} {self.zone_at(at)}"

    def zone_at(self, at: datetime) -> str:
        """The zone's short name at that instant: ``CET``, ``UTC+05:30``."""
        name = at.astimezone(self.zone).tzname() or "UTC"
        return f"UTC{name[:3]}:{name[3:] or '00'}" if name[0] in "+-" else name

    def day(self, at: datetime) -> str:
        """The day alone: ``21 Nov``."""
        pattern = "d. MMM" if self.language == "de" else "d MMM"
        return format_datetime(at.astimezone(self.zone), pattern, locale=_locale(self.language))

    def clock(self, at: datetime) -> str:
        """The time of day alone: ``14:03``."""
        return at.astimezone(self.zone).strftime("%H:%M")

    def ago(self, at: datetime, now: datetime) -> str:
        """How long ago in one unit: ``now``, ``5 min``, ``30 h``, ``4 d``."""
        minutes = (now - at) // timedelta(minutes=1)
        if minutes < 1:
            return "jetzt" if self.language == "de" else "now"
        if minutes < 60:
            return f"{minutes} min"
        day = "T" if self.language == "de" else "d"
        return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} {day}"

    def number(self, value: float) -> str:
        """Three to four telling digits: ``1,234``, ``98.6``, ``0.52``."""
        return self._like(value, abs(value))

    def fixed(self, value: float, decimals: int) -> str:
        """A number with so many decimals, for the ticks of one axis."""
        if abs(value) >= MOST or decimals > 6:
            return f"{value:.3g}"
        return format_decimal(value, "#,##0." + "0" * decimals if decimals else "#,##0", locale=_locale(self.language))

    def quantity(self, value: float, unit: str) -> str:
        """A number with its unit: ``91.2 °C``."""
        return f"{self.number(value)} {unit_words(unit)}".rstrip()

    def span(self, low: float, high: float, unit: str) -> str:
        """A range with its unit, both ends to the same digit: ``88.5 to 94 °C``."""
        to, size = "bis" if self.language == "de" else "to", max(abs(low), abs(high))
        return f"{self._like(low, size)} {to} {self._like(high, size)} {unit_words(unit)}".rstrip()

    def _like(self, value: float, size: float) -> str:
        if size and not LEAST <= size < MOST:
            return f"{value:.3g}"
        pattern = "#,##0" if size >= 100 else "#,##0.#" if size >= 10 else "#,##0.##"
        return format_decimal(value, pattern, locale=_locale(self.language))


def unit_words(ucum: str) -> str:
    """A UCUM unit as people write it: ``Cel`` is °C, ``{steps}`` is steps, ``1`` is nothing."""
    return _UNITS.get(ucum, ucum.strip("{}"))


@cache
def _locale(language: str) -> Locale:
    return Locale.parse("en_GB" if language == "en" else language)


@cache
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
