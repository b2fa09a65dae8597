"""A draft policy: a piece of ``forewarn.toml`` that changes what is found and who is told.

```toml
[detectors]
contact_severity = 1.5

[detectors.watch.vehicle.coolant_hot]
limit = 112

[outreach]
...
```

A draft that proves itself goes into force by copying it into the configuration file.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from detectors.config import Config as DetectorsConfig
from detectors.engine.program import compile_profiles
from device_sim.scorecard.run.place import laid_over
from kit.errors import SettingsError
from kit.settings import Settings
from outreach.config import Config as OutreachConfig

SECTIONS = (DetectorsConfig.name, OutreachConfig.name)


def read_policy(path: Path, current: Settings) -> dict[str, Any]:
    """The tables of the draft, checked to the last key against the settings in force.

    Raises SettingsError naming the file, the key, and what to do.
    """
    try:
        draft = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"The policy {path} cannot be read: {error.strerror}.", "Check the path.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The policy {path} is not valid TOML: {error}.", "Correct that line.") from None
    wrong = sorted(set(draft) - set(SECTIONS))
    if wrong:
        raise SettingsError(
            f"The policy {path} has a section '{wrong[0]}', which is no part of a policy.",
            f"A policy may have: {', '.join(f'[{name}]' for name in SECTIONS)}.",
        )
    if not draft:
        raise SettingsError(f"The policy {path} changes nothing.", "Write what is to change, as in docs/backtest.md.")
    try:
        compile_profiles(laid_over(current, draft).of(DetectorsConfig).watch)
    except SettingsError as error:
        raise SettingsError(f"The policy {path} cannot be used: {error.problem}", error.fix) from None
    return draft
