"""Write the pages of docs/ that repeat code: `make docs`. A test says when they are out of date."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

from prometheus_client import REGISTRY

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


PAGES = {"configuration.md": configuration, "metrics.md": metrics}

if __name__ == "__main__":
    for page, write in PAGES.items():
        (DOCS / page).write_text(write(), "utf-8")
