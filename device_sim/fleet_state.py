"""Where a simulated fleet stands: kept on disk, so that a second start goes on where the first one was."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from device_sim.config import Config
from device_sim.errors import StateUnreadable
from device_sim.manifest import write_json
from device_sim.scenarios import SCENARIOS
from device_sim.scenarios.scenario import Birth, Scenario

STATE = "fleet-state.json"


@dataclass(slots=True)
class FleetState:
    """A scenario's birth and its progress: everything before `sent_ms` was acknowledged by the broker.

    `checkpoints` holds for each device what `DeviceStream.checkpoint` gave at or before `sent_ms`.
    """

    scenario: str
    seed: int
    born_ms: int
    days: int
    sent_ms: int
    checkpoints: dict[str, dict[str, Any]] = field(default_factory=dict)

    def make(self) -> Scenario:
        """The scenario as it was at its birth. Raises PluginError when it does not exist any more."""
        return SCENARIOS.get(self.scenario).make(Birth(self.seed, self.born_ms, self.days))

    def save(self, path: Path) -> None:
        """Keep the state, durably and whole."""
        write_json(path, asdict(self))

    @staticmethod
    def born(config: Config, now_ms: int) -> FleetState:
        """A new fleet whose history ends at `now_ms`, to the minute."""
        now_ms -= now_ms % 60_000
        birth = Birth(config.seed, now_ms, config.history_days)
        return FleetState(config.scenario, config.seed, now_ms, config.history_days, birth.start_ms)

    @staticmethod
    def load(path: Path) -> FleetState | None:
        """The kept state, None when there is none. Raises StateUnreadable when it is damaged."""
        try:
            return msgspec.json.decode(path.read_bytes(), type=FleetState)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise StateUnreadable(path, str(error)) from error
