"""Write the pages of docs/ that repeat code: `make docs`. A test says when they are out of date."""

from __future__ import annotations

import json
import re
import sys
from importlib import import_module
from itertools import takewhile
from pathlib import Path
from types import ModuleType

from prometheus_client import REGISTRY

from detectors.algorithms.catalogue import DETECTORS
from detectors.algorithms.detector import Detector, new_state
from detectors.faults.words import duration
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


def detectors() -> str:
    """docs/detectors.md: every detector with what it computes, its parameters, its cost in memory."""
    lines = [
        "# Detectors",
        "",
        "What each registered detector computes, from whom it is, and its parameters with what a fresh series has. A",
        "device type's profile chooses detectors and sets parameters; an installation overrides them in",
        "`[detectors.watch.<device type>.<symptom>]`. What they share, and when to take which: `detectors/README.md`.",
        "What they cost in time: `python tests/benchmarks/bench_detectors.py`.",
    ]
    for name, detector in sorted(DETECTORS.items()):
        module = sys.modules[type(detector).__module__]
        size = new_state(detector).bytes_per_slot()
        lines += ["", f"## {name}", "", (module.__doc__ or "").strip(), "", f"{size:,} bytes a series. Version"]
        lines[-1] += f" {detector.version}."
        lines += ["", "| parameter | default | meaning |", "|---|---|---|", *_parameters(detector, module)]
    return "\n".join(lines) + "\n"


def _parameters(detector: Detector, module: ModuleType) -> list[str]:
    """A row for each column that is a parameter: it stands before the first time of the state, with a comment."""
    from detectors.algorithms import persistence  # noqa: PLC0415 - the one that every detector may share

    meaning = _comments(persistence)
    for part in vars(module).values():
        if isinstance(part, ModuleType) and part.__name__.startswith("detectors.algorithms.") and part != persistence:
            meaning = {**_comments(part), **meaning}
    meaning |= _comments(module)
    shared = {field.name for field in persistence.FIELDS}
    own = takewhile(lambda field: not field.name.endswith("_ts"), detector.fields)
    rows = [*own, *(field for field in detector.fields if field.name in shared)]
    return [
        f"| `{field.name}` | {_default(field.name, field.fill)} | {meaning[field.name]} |"
        for field in dict.fromkeys(rows)
        if field.name in meaning
    ]


def _default(name: str, fill: float) -> str:
    return f"{fill:,.0f} ({duration(fill)})" if name.endswith("_ms") and fill else f"{fill:g}"


def _comments(module: ModuleType) -> dict[str, str]:
    """The comment behind each field that a module lists."""
    source = Path(module.__file__ or "").read_text("utf-8")
    return dict(re.findall(r'Field\("(\w+)".*?\),  # (.+)', source))


PAGES = {
    "detectors.md": detectors,
    "configuration.md": configuration,
    "metrics.md": metrics,
    "device-types.md": device_types,
    "simulated-faults.md": simulated_faults,
}

if __name__ == "__main__":
    for page, write in PAGES.items():
        (DOCS / page).write_text(write(), "utf-8")
