"""The simulator's commands: ``forewarn sim …`` and ``forewarn replay``."""

from __future__ import annotations

import typer

from device_sim import cli_replay, cli_sheet, cli_sim
from device_sim.scorecard import cli as cli_score
from device_sim.scorecard.backtest import cli as cli_backtest

__all__ = ["register"]


def register(root: typer.Typer) -> None:
    """Add the commands to the root application."""
    cli_sim.register(root)
    cli_sim.app.command("sheet")(cli_sheet.sheet)
    cli_sim.app.command("score")(cli_score.score)
    cli_replay.register(root)
    root.command("backtest")(cli_backtest.backtest)
