"""``forewarn sim sheet``: the contact sheet of faults."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from device_sim.faults import FAULTS
from device_sim.sheet import page
from device_sim.sheet.twins import every_pair
from kit.clock import to_ms

START = datetime(2026, 11, 2, tzinfo=UTC)  # a Monday in the heating season


def sheet(
    out: Annotated[Path, typer.Option("--out", "-o", help="The HTML page to write.")] = Path("faults.html"),
    fault: Annotated[str, typer.Option(help="Draw only this fault.")] = "",
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same pictures.")] = 20,
) -> None:
    """Draw every fault beside the same device without it, as one page.

    Example: forewarn sim sheet --fault coolant_leak --out leak.html
    """
    if fault:
        FAULTS.get(fault)
    pairs = list(every_pair(seed, to_ms(START), fault))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page.write(pairs, seed), "utf-8")
    typer.echo(f"Drew {len(pairs)} pairs of {len({pair.fault for pair in pairs})} faults in {out} (seed {seed}).")
