"""Limits that a scorecard must keep, so that it can gate a change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from device_sim.scorecard import wording


@dataclass(frozen=True, slots=True)
class Limits:
    """The least and the most that the pooled measures may be, by their names; empty: anything goes."""

    least: Mapping[str, float]
    most: Mapping[str, float]

    @classmethod
    def of(cls, least: Mapping[str, float | None], most: Mapping[str, float | None]) -> Limits:
        """The limits that were given."""
        return cls(
            {name: limit for name, limit in least.items() if limit is not None},
            {name: limit for name, limit in most.items() if limit is not None},
        )

    def broken(self, pooled: Mapping[str, float | int | None]) -> list[str]:
        """A sentence for each limit that is not kept; a measure that is undefined keeps no lower limit."""
        found = []
        for name, limit in self.least.items():
            value = pooled[name]
            if value is None or value < limit:
                found.append(self._sentence(name, value, f"at least {wording.shown(name, limit)}"))
        for name, limit in self.most.items():
            value = pooled[name]
            if value is not None and value > limit:
                found.append(self._sentence(name, value, f"at most {wording.shown(name, limit)}"))
        return found

    @staticmethod
    def _sentence(name: str, value: float | None, wanted: str) -> str:
        is_value = "undefined, because nothing was there to measure" if value is None else wording.shown(name, value)
        return f"{wording.MEASURES[name].label} is {is_value}; it must be {wanted}."
