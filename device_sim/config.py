"""Settings of the simulator: the ``[device_sim]`` section."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from kit.settings import Section


class Config(Section):
    """The simulated fleet of ``forewarn up`` and of ``forewarn sim run``."""

    name: ClassVar[str] = "device_sim"

    scenario: str = Field("demo", description="Scenario that `forewarn up` simulates; see `forewarn sim list`.")
    seed: int = Field(20, ge=0, description="Same seed, same fleet to the byte.")
    history_days: int = Field(
        14, ge=2, le=28, description="Days of life before the first start; fewer leave detectors little to learn from."
    )
    rows_per_message: int = Field(
        50, ge=1, le=500, description="Rows in one message of history; more make it larger than some brokers take."
    )
    chunk_hours: float = Field(
        6.0, gt=0, le=48, description="History is sent and acknowledged in pieces of so many hours."
    )
    in_flight: int = Field(
        200, ge=1, le=1000, description="Messages sent and not yet acknowledged; more fill the broker's memory."
    )
    connection_per_device: bool = Field(
        False, description="One MQTT connection a device, with a retained status and a last will; else one for all."
    )
    recordings: Path = Field(
        Path("../shared/data"), description="Folder of recorded data sets, a folder a set; see docs/backtest.md."
    )
    ack_timeout_s: float = Field(
        60.0, gt=0, le=3600, description="How long to wait for the broker before a delivery counts as incomplete."
    )
