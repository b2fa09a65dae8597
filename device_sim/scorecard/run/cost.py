"""What a run takes of the machine."""

from __future__ import annotations

import contextlib
from pathlib import Path

import psutil

_STATUS = Path("/proc/self/status")


def peak_mb() -> float:
    """The most memory that this process ever had, in MB; where the system keeps no account of that, what it has now."""
    with contextlib.suppress(OSError, StopIteration):
        line = next(line for line in _STATUS.read_text("ascii").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return float(psutil.Process().memory_info().rss) / 2**20
