"""Write the pages of docs/ that repeat code: `make docs`. A test says when they are out of date."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

from prometheus_client import REGISTRY

from device_sim.faults import FAULTS as SIMULATED
from device_sim.models import MODELS
from ingest.wire.catalogue import DeviceType, Kind
from ingest.wire.device_types import DEVICE_TYPES
from kit.metrics import PREFIX
from kit.plugins import folders
from kit.settings import load, section_types

DOCS = Path(__file__).parents[1] / "docs"


def configuration() -> str:
    """docs/configuration.md: every setting with its default and meaning."""
    settings = load(Path("/dev/null"), environ={})
    lines = [
        "# Configuration",
        "",
        "One TOML file (`forewarn.toml` in the folder where you start, or `--config FILE`), and variables that beat",
        "it: `[broker] url` is `FOREWARN__BROKER__URL`, `[ingest.store] kind` is `FOREWARN__INGEST__STORE__KIND`. An",
        "unknown key is an error; an empty variable counts as not set. `forewarn config show` prints what is in force,",
        "with secrets masked.",
    ]
    for name, kind in sorted(section_types().items()):
        lines += [
            "",
            f"## [{name}]",
            "",
            (kind.__doc__ or "").strip(),
            "",
            "| key | default | meaning |",
            "|---|---|---|",
        ]
        values = settings.of(kind).model_dump(mode="json")
        for key, field in kind.model_fields.items():
            value = values[key]
            nested = bool(value) and isinstance(value, dict)
            shown = "see below" if nested else "–" if value is None else f"`{json.dumps(value)}`"
            lines.append(f"| `{key}` | {shown} | {field.description} |")
            if nested:
                lines += _nested(key, field.annotation)
    return "\n".join(lines) + "\n"


def _nested(prefix: str, model: object) -> list[str]:
    lines = []
    for key, field in getattr(model, "model_fields", {}).items():
        if hasattr(field.annotation, "model_fields"):
            lines += _nested(f"{prefix}.{key}", field.annotation)
        else:
            shown = "–" if field.default is None else f"`{json.dumps(field.default)}`"
            lines.append(f"| `{prefix}.{key}` | {shown} | {field.description} |")
    return lines


def metrics() -> str:
    """docs/metrics.md: every metric with its labels and help text."""
    import_module("kit.supervise")
    for folder in folders():
        for path in sorted((DOCS.parent / folder).rglob("metrics.py")):
            import_module(".".join(path.relative_to(DOCS.parent).with_suffix("").parts))
    lines = [
        "# Metrics",
        "",
        "Each process serves its own in the Prometheus text format:",
        "`forewarn worker run --role NAME --metrics-port 9100`.",
        "",
        "| metric | kind | meaning |",
        "|---|---|---|",
    ]
    families = sorted((f for f in REGISTRY.collect() if f.name.startswith(PREFIX)), key=lambda family: family.name)
    lines += [f"| `{family.name}` | {family.type} | {family.documentation} |" for family in families]
    return "\n".join(lines) + "\n"


def device_types() -> str:
    """docs/device-types.md: every device type with its signals."""
    lines = [
        "# Device types",
        "",
        "What each kind of device measures. Units are UCUM; a value outside the range is physically impossible and is",
        "quarantined. Vehicle signals stand under their COVESA VSS path, vital signs under their LOINC code.",
    ]
    for name, kind in DEVICE_TYPES.items():
        lines += ["", f"## {kind.label} (`{name}`)", "", _habits(name, kind), "", *_signals(kind)]
    return "\n".join(lines) + "\n"


def _habits(name: str, kind: DeviceType) -> str:
    always = "day and night" if kind.always_on else "while it is in use"
    commands = ", ".join(f"`{command.name}`" for command in kind.commands)
    simulated = "simulated" if name in MODELS else "played from recordings"
    obeys = f"; takes the commands {commands}" if commands else ""
    return f"Reports about every {kind.period_s} s, {always}; {simulated}{obeys}."


def _signals(kind: DeviceType) -> list[str]:
    lines = ["| signal | what it is | unit | range | standard |", "|---|---|---|---|---|"]
    for signal in kind.signals:
        unit = ", ".join(signal.states) if signal.states else {"1": signal.kind.value}.get(signal.unit, signal.unit)
        within = "" if signal.states or signal.kind is Kind.BOOLEAN else f"{signal.low:g} to {signal.high:g}"
        lines.append(f"| `{signal.name}` | {signal.label} | {unit} | {within} | {signal.standard} |")
    return lines


def simulated_faults() -> str:
    """docs/simulated-faults.md: everything that can happen to a simulated device."""
    lines = [
        "# What happens to simulated devices",
        "",
        "Every fault and harmless change of the simulator. `forewarn sim sheet` draws each beside the same device",
        "without it. A *progressive* fault grows from its onset to its failure within the days given; *tell* says whom",
        "a good service tells: the customer, staff, or nobody, because nothing is wrong.",
        "",
        "![Nine of the faults, each beside the same device without it](img/faults.png)",
        "",
        "| name | what it is | device types | course | tell | what an engineer would see |",
        "|---|---|---|---|---|---|",
    ]
    tells = {"contact": "customer", "attention": "staff", "nothing": "nobody"}
    for name, fault in SIMULATED.items():
        kinds = ", ".join(kind for kind in MODELS if fault.strikes(kind)) if fault.device_types else "all"
        days = f", {fault.days[0]:g} to {fault.days[1]:g} days" if fault.course == "progressive" else ""
        lines.append(
            f"| `{name}` | {fault.label} | {kinds} | {fault.course}{days} | {tells[fault.expects]} | {fault.about} |"
        )
    return "\n".join(lines) + "\n"


PAGES = {
    "configuration.md": configuration,
    "metrics.md": metrics,
    "device-types.md": device_types,
    "simulated-faults.md": simulated_faults,
}

if __name__ == "__main__":
    for page, write in PAGES.items():
        (DOCS / page).write_text(write(), "utf-8")
