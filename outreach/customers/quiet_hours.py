"""Quiet hours: a span of a person's day in their own zone, exact through every change of the clocks. Pure.

Wall-clock times become instants once a day. A begin that happens twice (clocks go back) counts from the first time,
an end that happens twice counts from the second, and a time that does not happen at all (clocks go forward) is the
instant of the change: when in doubt, nobody is woken.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `begins` to `ends` by the person's wall clock; over midnight when `ends` is earlier; equal means none."""

    begins: time
    ends: time

    def __str__(self) -> str:
        return "" if self.begins == self.ends else f"{self.begins:%H:%M}–{self.ends:%H:%M}"

    def held_until(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """The end (UTC) of the quiet time that covers `moment`; None when `moment` is not in a quiet time.

        `moment` must know its zone.
        """
        until: datetime | None = None
        if self.begins == self.ends:
            return None
        today = moment.astimezone(zone).date()
        for day in (today - 2 * _DAY, today - _DAY, today, today + _DAY):
            begins, ends = self._of_day(day, zone)
            if begins <= (until or moment) < ends:
                until = ends
        return until

    def _of_day(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The quiet time that begins on `day`, as instants in UTC."""
        last = day if self.begins < self.ends else day + _DAY
        return _instant(day, self.begins, zone, fold=0), _instant(last, self.ends, zone, fold=1)


def _instant(day: date, wall: time, zone: ZoneInfo, fold: int) -> datetime:
    local = datetime.combine(day, wall.replace(fold=fold), zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    earlier = local.replace(fold=1).astimezone(UTC)  # read with the offset after the change: before the gap
    later = local.replace(fold=0).astimezone(UTC)
    return _change_between(earlier, later, zone)


def _change_between(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The first second of the new offset between two instants of which only the later one has it."""
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high
