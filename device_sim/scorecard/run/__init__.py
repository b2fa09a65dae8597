"""The whole product over a scenario, in one process on a virtual clock, through its own code: hands on a `Record`."""

from device_sim.scorecard.run.whole import Progress, run

__all__ = ["Progress", "run"]
