"""Files that a scenario leaves for others: the manifest of devices and customers, and the truth about its faults."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from device_sim.scenarios.scenario import Scenario

MANIFEST = "fleet.json"
TRUTH = "truth.json"
REGISTERED = ("id", "type", "model", "firmware", "label", "owner", "time_zone", "parent")  # what the registry is told


def manifest(scenario: Scenario) -> dict[str, Any]:
    """What a vendor would hand over: ``{"devices": […], "customers": […]}``."""
    return {
        "devices": [{name: getattr(spec, name) for name in REGISTERED} for spec in scenario.devices],
        "customers": [asdict(customer) for customer in scenario.customers],
    }


def truth(scenario: Scenario) -> dict[str, Any]:
    """What really happens: the scenario, its seed and instants, and every fault. Never sent, only for keeping score."""
    birth = scenario.birth
    return {
        "scenario": scenario.name,
        "seed": birth.seed,
        "start_ms": birth.start_ms,
        "history_end_ms": birth.now_ms,
        "faults": [asdict(occurrence) for occurrence in scenario.truth],
    }


def write(folder: Path, scenario: Scenario) -> tuple[Path, Path]:
    """Write both files into `folder`, each whole or not at all; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / MANIFEST, folder / TRUTH
    for path, content in zip(paths, (manifest(scenario), truth(scenario)), strict=True):
        write_json(path, content)
    return paths


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Replace the file at `path`, so that a reader sees the old or the new one, never half."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with draft.open("w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
