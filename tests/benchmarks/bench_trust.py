"""Realised against promised false contacts: the product's own decisions over fleets that nothing was tuned on.

Usage: python tests/benchmarks/bench_trust.py [--seeds 200]

A fleet of 1,000 devices (or as many as the row says) for 90 days. Its faults are found by detectors of unknown quality
(the share of right ones is drawn anew for each fault and seed), in bursts that are right or wrong together. A share of
the contacts is ever judged, days later and by owners alone, of whom one in twenty denies what is right. Each row is one
such world: false contacts per 1,000 device-days divided by the promise, as p10, median and p90 over the seeds, for the
first 30 days and for the rest, with trust and without it; and which share of the right findings reached their customers
by themselves. Above 1 the promise was broken.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np

from detectors.trust import budget, labels, prior
from detectors.trust.budget import Spent
from detectors.trust.labels import Tally
from detectors.trust.promise import MEMORY, WINDOW, Promise
from detectors.trust.right import Account, decide
from detectors.trust.standing import Standing, judged

DAYS, FAULTS = 90, 12
FIRST = 30
PER_DAY = 2.0  # bursts of findings a day in a fleet of 1,000
WAIT = 3.0  # days until a contact is judged, in the median
DENIED = 0.05  # of the right contacts that are judged


@dataclass(frozen=True)
class World:
    """How good the detectors are (mean and spread of a beta distribution), and how many contacts are ever judged."""

    name: str
    good: float
    spread: float
    answers: float
    devices: int = 1000


WORLDS = (
    World("good detectors, 4 of 10 judged", 0.95, 30, 0.4),
    World("good detectors, 60 devices", 0.95, 30, 0.4, 60),
    World("good detectors, 200 devices", 0.95, 30, 0.4, 200),
    World("good detectors, 1 of 10 judged", 0.95, 30, 0.1),
    World("mixed detectors, 4 of 10 judged", 0.80, 3, 0.4),
    World("mixed detectors, 1 of 10 judged", 0.80, 3, 0.1),
    World("bad detectors, 4 of 10 judged", 0.40, 3, 0.4),
    World("bad detectors, 1 of 10 judged", 0.40, 3, 0.1),
    World("bad detectors, nobody judges", 0.40, 3, 0.0),
)


@dataclass
class Contact:
    """One contact: when, of which fault, whether it was right, and from when on somebody says so, or denies it."""

    day: float
    fault: int
    right: bool
    said: str
    known_from: float

    def verdict(self, day: float) -> str | None:
        """What is said of it by that day."""
        return self.said if self.known_from <= day else None


@dataclass
class Fleet:
    """The state of one run."""

    devices: int
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
            said = [one.verdict(day) for one in self.contacts if one.fault == fault]
            right, wrong = labels.weighed(known.prior, Tally(said.count("right"), 0, said.count("denied")))
            self.standings[fault] = judged(replace(known, right=right, wrong=wrong), self.promise)

    def finding(self, contact: Contact, severity: float) -> None:
        """Contact or not, as the product would."""
        day, fault, right = contact.day, contact.fault, contact.right
        seen = self.severities[fault]
        tail = (1 + sum(other >= severity for other in seen)) / (1 + len(seen))
        seen.append(severity)
        self.right_found += right
        account = Account(
            self.standings[fault], 0, 0, self._spent(day), self.promise.allowance(self.devices), tail, 0.8
        )
        if not self.trusting or decide(account).granted:
            self.contacts.append(contact)
            self.right_told += right

    def _spent(self, day: float) -> Spent:
        known = Counter(one.verdict(day) for one in self.contacts if one.day > day - MEMORY.days)
        share = budget.share_wrong(Tally(known["right"], 0, known["denied"]))
        window = Counter((one.fault, one.verdict(day)) for one in self.contacts if one.day > day - WINDOW.days)
        standings = self.standings
        false = sum(n * budget.expected_false(said, standings[fault], share) for (fault, said), n in window.items())
        right, denied = (sum(n for (_, said), n in window.items() if said == word) for word in ("right", "denied"))
        return Spent(window.total(), right, 0, denied, false, share)

    def ratio(self, first: float, last: float) -> float:
        """Realised over promised, between two days."""
        wrong = sum(not one.right for one in self.contacts if first <= one.day < last)
        return 1000 * wrong / (self.devices * (last - first)) / self.promise.false_contacts


def live(world: World, promise: Promise, seed: int, trusting: bool) -> Fleet:
    """One fleet's 90 days. The findings are the same with and without trust."""
    draw = np.random.default_rng(seed)
    quality = draw.beta(world.good * world.spread, (1 - world.good) * world.spread, FAULTS)
    new = Standing("bench", "a fault", "1", "contact", "", None, prior.UNMEASURED, 0, 0)
    fleet = Fleet(world.devices, promise, trusting, [new] * FAULTS)
    for day in range(DAYS):
        fleet.weigh(day)
        for _ in range(draw.poisson(PER_DAY * world.devices / 1000)):
            fault = int(draw.integers(FAULTS))
            right = bool(draw.random() < quality[fault])
            for _one in range(1 + draw.geometric(0.6)):
                severity = float(draw.lognormal(1.5 if right else 1.0, 0.5))
                answered = draw.random() < world.answers
                wait = float(draw.lognormal(np.log(WAIT), 0.7))
                said = "right" if right and draw.random() >= DENIED else "denied"
                fleet.finding(Contact(day, fault, right, said, day + wait if answered else np.inf), severity)
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
