"""Common mode: whether so many devices of a kind show the same at once that they must have one cause.

Each device is taken to come by a fault on its own at a rate that is known from before. When the lower bound of how
often it happens now is `EXCESS` times that rate, at least that share of the findings, 1 - 1/EXCESS, is nobody's own
(the attributable fraction): weather, a firmware, a network. The group is all devices of the type, or those of one
model, firmware or region, whichever stands out most; the others of the type are what it is compared with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from detectors.fleet.rates import Ratio, at_least, risk_ratio

Dimension = Literal["all", "model", "firmware", "region"]

LEAST = 3  # devices that make a common cause; 2 are a coincidence in a large fleet, more lets small fleets go unseen
EXCESS = 5.0  # times the usual rate; lower takes a bad week for one cause, higher finds it only when most are struck


class Make(NamedTuple):
    """What devices of one type may have in common; "" where it is not known."""

    model: str
    firmware: str
    region: str


Census = Mapping[Make, int]
"""How many devices there are of each make."""


@dataclass(frozen=True, slots=True)
class Group:
    """The devices that share `value` in `dimension`: how many there are, how many are struck, how many usually are."""

    dimension: Dimension
    value: str
    devices: int
    struck: int
    expected: float

    @property
    def excess(self) -> float:
        """How many times the usual, at least (lower 95 % bound)."""
        return at_least(self.struck) / self.expected if self.expected > 0 else 0.0

    def holds(self, make: Make) -> bool:
        """Whether a device of this make belongs to it."""
        return self.dimension == "all" or getattr(make, self.dimension) == self.value


@dataclass(frozen=True, slots=True)
class Lift:
    """How much oftener a group is struck than the other devices of its type."""

    dimension: Dimension
    value: str
    devices: int
    struck: int
    ratio: Ratio


@dataclass(frozen=True, slots=True)
class Common:
    """One cause: the group that it strikes, and how every group of the type compares, the most striking first."""

    group: Group
    lifts: tuple[Lift, ...]


def common(struck: Census, census: Census, rate: float) -> Common | None:
    """The common cause behind the struck devices, if there is one; `rate` is how many of one device are usual."""
    groups = [_group("all", "", struck, census, rate)]
    for dimension in ("model", "firmware", "region"):
        values = sorted({getattr(make, dimension) for make in census} - {""})
        groups += [_group(dimension, value, struck, census, rate) for value in values if len(values) > 1]
    likely = [group for group in groups if group.struck >= LEAST and group.excess >= EXCESS]
    if not likely:
        return None
    lifts = sorted((_lift(group, groups[0]) for group in groups[1:]), key=lambda lift: -lift.ratio.low)
    return Common(max(likely, key=lambda group: group.excess), tuple(lifts))


def _group(dimension: Dimension, value: str, struck: Census, census: Census, rate: float) -> Group:
    whole = Group(dimension, value, 0, 0, 0.0)
    devices = sum(count for make, count in census.items() if whole.holds(make))
    return Group(
        dimension,
        value,
        devices,
        sum(count for make, count in struck.items() if whole.holds(make)),
        devices * rate,
    )


def _lift(group: Group, whole: Group) -> Lift:
    ratio = risk_ratio(group.struck, group.devices, whole.struck - group.struck, whole.devices - group.devices)
    return Lift(group.dimension, group.value, group.devices, group.struck, ratio)
