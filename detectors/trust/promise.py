"""The promise that staff make for the installation, and the limits that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from detectors.config import Config

WINDOW = timedelta(days=30)  # over which false contacts are counted; shorter punishes a bad day for a whole fleet,
# longer lets an old mishap silence a detector that is well again
SMALLEST = 3.0  # false contacts a window that even a tiny fleet may have: without it, ten devices could never be told
# anything, because no finding is certain; higher makes the promise of small fleets worth less
RESERVE = 0.25  # of the allowance, kept by a fleet whose contacts are worse than promised: what is expected is least
# certain there, and errs on the side of hope; 0 breaks the promise there, more silences what is good among the bad
MEMORY = 3 * WINDOW  # of verdicts that say how many of the fleet's contacts are wrong; longer forgives too late
DEVICE_WRONG = 1  # wrong contacts about one device in a window, after which a person decides about its next
DEVICE_OPEN = 3  # contacts about one device in a window that nobody has judged yet; more, and a person decides


@dataclass(frozen=True, slots=True)
class Promise:
    """At most so many false contacts per 1,000 device-days, and at least so many of all contacts right."""

    false_contacts: float = 1.0
    least_precision: float = 0.8

    @staticmethod
    def of(config: Config) -> Promise:
        """As the settings say."""
        return Promise(config.false_contacts_per_1000_device_days, config.least_precision)

    def allowance(self, devices: int) -> float:
        """How many false contacts so many devices may have in a window; 0 when the promise is none at all."""
        if self.false_contacts == 0:
            return 0.0
        return max(SMALLEST, self.false_contacts * devices * WINDOW.days / 1000)


ORDINARY = Promise()
