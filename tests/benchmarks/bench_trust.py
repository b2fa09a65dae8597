"""Realised against promised false contacts: the product's own decisions over fleets that nothing was tuned on.

Usage: python tests/benchmarks/bench_trust.py [--seeds 200]

A fleet of 1,000 devices for 90 days. Its faults are found by detectors of unknown quality (the share of right ones is
drawn anew for each fault and seed), in bursts that are right or wrong together; a share of the contacts is ever judged,
days later. Each row is one such world: false contacts per 1,000 device-days divided by the promise, as p10, median and
p90 over the seeds, for the first 30 days and for the rest, with trust and without it; and which share of the right
findings reached their customers by themselves. Above 1 the promise was broken.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field, replace

import numpy as np

from detectors.trust import budget, prior
from detectors.trust.budget import Spent
from detectors.trust.promise import WINDOW, Promise
from detectors.trust.right import Account, decide
from detectors.trust.standing import Standing, judged

DEVICES, DAYS, FAULTS = 1000, 90, 12
FIRST = 30
PER_DAY = 2.0  # bursts of findings a day in the whole fleet
WAIT = 3.0  # days until a contact is judged, in the median


@dataclass(frozen=True)
class World:
    """How good the detectors are (mean and spread of a beta distribution), and how many contacts are ever judged."""

    name: str
    good: float
    spread: float
    answers: float


WORLDS = (
    World("good detectors, 4 of 10 judged", 0.95, 30, 0.4),
    World("mixed detectors, 4 of 10 judged", 0.80, 3, 0.4),
    World("mixed detectors, 1 of 10 judged", 0.80, 3, 0.1),
    World("bad detectors, 4 of 10 judged", 0.40, 3, 0.4),
    World("bad detectors, 1 of 10 judged", 0.40, 3, 0.1),
    World("bad detectors, nobody judges", 0.40, 3, 0.0),
)


@dataclass
class Contact:
    """One contact: when, of which fault, whether it was right, and from when on that is known."""

    day: float
    fault: int
    right: bool
    known_from: float


@dataclass
class Fleet:
    """The state of one run."""

    promise: Promise
    trusting: bool
    standings: list[Standing]
    contacts: list[Contact] = field(default_factory=list)
    severities: list[list[float]] = field(default_factory=lambda: [[] for _ in range(FAULTS)])
    right_found: int = 0
    right_told: int = 0

    def weigh(self, day: float) -> None:
        """Take over what is known by now."""
        for fault, known in enumerate(self.standings):
            mine = [one for one in self.contacts if one.fault == fault and one.known_from <= day]
            right = sum(one.right for one in mine)
            self.standings[fault] = judged(replace(known, right=right, wrong=len(mine) - right), self.promise)

    def finding(self, day: float, fault: int, severity: float, right: bool, known_from: float) -> None:
        """Contact or not, as the product would."""
        seen = self.severities[fault]
        tail = (1 + sum(other >= severity for other in seen)) / (1 + len(seen))
        seen.append(severity)
        self.right_found += right
        account = Account(self.standings[fault], 0, 0, self._spent(day), self.promise.allowance(DEVICES), tail)
        if not self.trusting or decide(account).granted:
            self.contacts.append(Contact(day, fault, right, known_from))
            self.right_told += right

    def _spent(self, day: float) -> Spent:
        window = [one for one in self.contacts if one.day > day - WINDOW.days]
        known = [one for one in window if one.known_from <= day]
        right, wrong = sum(one.right for one in known), sum(not one.right for one in known)
        share = budget.share_wrong(right, wrong)
        costs = [budget.cost(self.standings[one.fault], share) for one in window if one.known_from > day]
        return Spent(len(window), right, wrong, wrong + sum(costs))

    def ratio(self, first: float, last: float) -> float:
        """Realised over promised, between two days."""
        wrong = sum(not one.right for one in self.contacts if first <= one.day < last)
        return 1000 * wrong / (DEVICES * (last - first)) / self.promise.false_contacts


def live(world: World, promise: Promise, seed: int, trusting: bool) -> Fleet:
    """One fleet's 90 days. The findings are the same with and without trust."""
    draw = np.random.default_rng(seed)
    quality = draw.beta(world.good * world.spread, (1 - world.good) * world.spread, FAULTS)
    new = Standing("bench", "a fault", "1", "contact", "", None, prior.UNMEASURED, 0, 0)
    fleet = Fleet(promise, trusting, [new] * FAULTS)
    for day in range(DAYS):
        fleet.weigh(day)
        for _ in range(draw.poisson(PER_DAY)):
            fault = int(draw.integers(FAULTS))
            right = bool(draw.random() < quality[fault])
            for _one in range(1 + draw.geometric(0.6)):
                severity = float(draw.lognormal(1.5 if right else 1.0, 0.5))
                answered = draw.random() < world.answers
                wait = float(draw.lognormal(np.log(WAIT), 0.7))
                fleet.finding(day, fault, severity, right, day + wait if answered else np.inf)
    return fleet


def tell(line: str) -> None:
    """One line of the answer."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--promise", type=float, default=1.0)
    given = parser.parse_args()
    seeds, promise = given.seeds, Promise(given.promise, 0.8)
    tell(f"{'world':34} {'trust':7} {'days 1-30: p10 p50 p90':>24} {'days 31-90: p10 p50 p90':>25} {'right told':>11}")
    for world in WORLDS:
        for trusting in (True, False):
            fleets = [live(world, promise, seed, trusting) for seed in range(1000, 1000 + seeds)]
            early, late = (
                np.percentile([fleet.ratio(*span) for fleet in fleets], (10, 50, 90))
                for span in ((0, FIRST), (FIRST, DAYS))
            )
            told = sum(fleet.right_told for fleet in fleets) / sum(fleet.right_found for fleet in fleets)
            parts = ["".join(f"{value:8.2f}" for value in values) for values in (early, late)]
            tell(f"{world.name:34} {'with' if trusting else 'without':7} {parts[0]} {parts[1]} {told:10.0%}")


if __name__ == "__main__":
    main()
