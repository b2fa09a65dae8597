"""Write what scorecards say of each fault's contacts to `detectors/trust/priors.toml`.

Usage: python scripts/write_priors.py score.json [score.json ...]

Each file is what `forewarn sim score ... --json` printed, for one seed or several. Score with
`FOREWARN__DETECTORS__LEAST_PRECISION=0` and a high `false_contacts_per_1000_device_days`, so that nothing that is
already distrusted is left out, and check on other seeds.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "detectors" / "trust" / "priors.toml"
HEAD = (
    "# Contacts that scorecards judged, by the fault that they named. Written by scripts/write_priors.py; seeds: {}.\n"
)


def main(files: list[str]) -> None:
    """Pool every run of every file."""
    runs = [run for name in files for run in _runs(json.loads(Path(name).read_text("utf-8")))]
    judged = Counter((one["fault"], bool(one["right"])) for run in runs for one in run["judged_contacts"])
    seeds = ", ".join(f"{run['scenario']} {run['seed']}" for run in runs)
    lines = [
        f"{fault} = {{ right = {judged[fault, True]}, wrong = {judged[fault, False]} }}\n"
        for fault in sorted({fault for fault, _ in judged})
    ]
    TARGET.write_text(HEAD.format(seeds) + "".join(lines), "utf-8")
    sys.stdout.write(f"{len(lines)} faults from {len(runs)} runs in {TARGET}\n")


def _runs(score: dict[str, Any]) -> list[dict[str, Any]]:
    return list(score["runs"]) if "runs" in score else [score]


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
