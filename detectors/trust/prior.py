"""What is believed of a fault's contacts before anybody has judged one.

`priors.toml` holds, for each fault that the scorecard has measured, how many of its contacts on simulated fleets were
right and how many wrong. A simulation is not the world, so it never counts for more than a few verdicts.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from detectors.trust.precision import Precision

FILE = Path(__file__).parent / "priors.toml"
UNMEASURED = Precision(5.4, 0.6)
"""A named fault of the catalogue: nine of ten, worth six verdicts. Three wrong contacts in a row end that trust; worth
less, one customer's mistake would, and worth more, many are bothered before it ends."""
MEASURED = 12.0  # verdicts that a scorecard is worth at most beside that; 30 is slow to learn from the real fleet, and
# with 6 the doubt about what nobody judges uses up the promise while nothing is wrong
INHERITED = 0.5  # of its predecessor's verdicts a new version begins with; 0 forgets all, 1 trusts a rewrite blindly
INHERITED_MOST = 20.0  # verdicts; more would take a new version as long to lose trust as the old one to earn it


def fresh(fault: str) -> Precision:
    """For a fault whose first version this is."""
    right, wrong = measured().get(fault, (0.0, 0.0))
    if right + wrong == 0:
        return UNMEASURED
    kept = min(1.0, MEASURED / (right + wrong))
    return UNMEASURED.and_judged(right * kept, wrong * kept)


def inherited(fault: str, right: float, wrong: float) -> Precision:
    """For a version whose predecessor was judged right and wrong so often."""
    weight = INHERITED * (right + wrong)
    share = 0.0 if weight == 0 else INHERITED * min(1.0, INHERITED_MOST / weight)
    return fresh(fault).and_judged(right * share, wrong * share)


@cache
def measured() -> Mapping[str, tuple[float, float]]:
    """Right and wrong contacts of the scorecard by fault."""
    table = tomllib.loads(FILE.read_text("utf-8"))
    return {fault: (float(counts["right"]), float(counts["wrong"])) for fault, counts in table.items()}
