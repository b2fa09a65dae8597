"""The tables of the scorecard's page as HTML."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from device_sim.scorecard import pictures, wording

TITLES: Mapping[str, str] = {"fault": "By fault", "device_type": "By device type", "detector": "By detector"}
MOVES: Mapping[str, str] = {
    "won": "Faults won: told now, not before",
    "lost": "Faults lost: told before, not now",
    "wrong_new": "Wrong contacts that are new",
    "wrong_gone": "Wrong contacts that are gone",
}
MOST_MOVES = 40
_SIGNS = (
    ("weak", "found, for staff", "M4 7L8 3L12 7L8 11Z"),
    ("strong", "found, strong enough for a contact", "M3 7L8 2L13 7L8 12Z"),
    ("contact", "customer told, rightly", "M2 2.5H14V11.5H2ZM2 2.5L8 8L14 2.5"),
    ("again", "told again about the same", "M2 2.5H14V11.5H2ZM2 2.5L8 8L14 2.5"),
    ("wrong", "told, but nothing was wrong", "M3 2L13 12M13 2L3 12"),
    ("said", "the customer did something", "M4 3H12V9H8L5 12V9H4Z"),
)
LEGEND = (
    '<p class="legend">'
    + "".join(
        f'<span class="key"><svg viewBox="0 0 16 14" aria-hidden="true"><path class="mark-{kind}" d="{shape}"/></svg>'
        f"{words}</span>"
        for kind, words, shape in _SIGNS
    )
    + "<span>A bar grows from the onset to the failure (red line); dotted: the owner would notice.</span></p>"
)


def table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first column names the row and whose others hold numbers."""
    head = "".join(f'<th scope="col"{_num(at)}>{escape(words)}</th>' for at, words in enumerate(heads))
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f'<td class="num">{escape(cell)}</td>' for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption, quote=True)}">'
        f'<table class="rows small"><caption class="hidden">{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _num(at: int) -> str:
    return ' class="num"' if at else ""


def groups(rows: Sequence[Mapping[str, Any]], by: str) -> str:
    """A row for each fault, device type or detector; detectors have no recall."""
    if not rows:
        return '<p class="none">Nothing.</p>'
    columns = [*([] if by == "detector" else _TOLD), *_NOISE, *(_RATE if by == "device_type" else [])]
    named = _LABELS.get(by, str)
    cells = [[named(row["name"]) or "Unknown", *(show(row) for _, show in columns)] for row in rows]
    return table(TITLES[by], ["Name", *(head for head, _ in columns)], cells)


def _column(name: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda row: wording.shown(name, row[name])


_LABELS: Mapping[str, Callable[[str], str]] = {"fault": wording.fault_label, "device_type": wording.type_label}
_TOLD: tuple[tuple[str, Callable[[Mapping[str, Any]], str]], ...] = (
    ("Told", lambda row: f"{row['contacted']} of {row['expected']}"),
    ("Recall", _column("recall")),
    ("3 days ahead", lambda row: f"{row['contacted_3d']} of {row['expected_3d']}"),
    ("Lead, median", _column("lead_days_median")),
)
_NOISE: tuple[tuple[str, Callable[[Mapping[str, Any]], str]], ...] = (
    ("Contacts", lambda row: str(row["contacts"])),
    ("Wrong", lambda row: str(row["wrong"])),
    ("Precision", _column("precision")),
    ("Findings", lambda row: str(row["findings"])),
    ("Right of them", _column("finding_precision")),
)
_RATE = [("Wrong per 1,000 d", _column("false_contacts_per_1000_device_days"))]


def levels(pooled: Mapping[str, Any]) -> str:
    """What was claimed to staff and what to customers, and how much of it was right."""
    judged = pooled["judged"]
    rows = [
        [
            words,
            str(judged[many]),
            str(judged[many] - judged[right]),
            wording.shown("precision", pooled[share]),
            wording.shown("false_contacts_per_1000_device_days", pooled[f"false_{many}_per_1000_device_days"]),
        ]
        for words, many, right, share in _LEVELS
    ]
    heads = ["Level", "Claims", "Wrong", "Precision", "Wrong per 1,000 d"]
    return table("From finding to contact: how right", heads, rows)


_LEVELS = (
    ("Findings", "findings", "findings_right", "finding_precision"),
    ("Cases", "cases", "cases_right", "case_precision"),
    ("Contacts", "contacts", "right", "precision"),
)


def verdicts(pooled: Mapping[str, Any]) -> str:
    """What people and telemetry said of our findings, and how often they were right themselves."""
    judged = pooled["judged"]
    rows = [
        ["True", str(judged["verdicts_true"])],
        ["False", str(judged["verdicts_false"])],
        ["Benign", str(judged["verdicts_benign"])],
        ["Precision by verdicts", wording.shown("precision", pooled["verdict_precision"])],
        ["Precision by truth", wording.shown("precision", pooled["finding_precision"])],
        ["Verdicts that are right", wording.shown("precision", pooled["verdict_agreement"])],
        ["Complaints before any contact", str(judged["complaints_first"])],
    ]
    return table("Verdicts on findings", ["Verdict", "Findings"], rows)


def delays(pooled: Mapping[str, Any]) -> str:
    """How long each step took: median, and what nine of ten stayed below."""
    rows = [[words, _hours(pooled[f"{name}_median"]), _hours(pooled[f"{name}_p90"])] for name, words in _DELAYS]
    return table("From onset to contact", ["Step", "Median", "Nine of ten within"], rows)


_DELAYS = tuple(wording.DELAYS.items())


def _hours(value: float | None) -> str:
    return wording.NONE if value is None else wording.hours(value)


def runs(facts: Sequence[Mapping[str, Any]]) -> str:
    """A row for each scenario and seed."""
    names = (
        "precision", "recall", "recall_3d", "lead_days_median", "false_contacts_per_1000_device_days", "duplicates",
    )  # fmt: skip
    heads = ["Scenario", "Seed", "Device-days", *(wording.MEASURES[name].label for name in names)]
    rows = [
        [
            str(run["scenario"]),
            str(run["seed"]),
            f"{run['device_days']:,.0f}",
            *(wording.shown(name, run[name]) for name in names),
        ]
        for run in facts
    ]
    return table("Every run", heads, rows)


def changes(compared: Mapping[str, Any]) -> str:
    """What each main measure gained or lost, with the interval of the change."""
    rows = [
        [wording.MEASURES[name].label, wording.signed(name, value), _interval(name, compared["intervals"].get(name))]
        for name, value in compared["difference"].items()
    ]
    runs_in_both = f"{compared['runs']} {'run' if compared['runs'] == 1 else 'runs'} in both"
    heads = ["Measure", f"Change ({runs_in_both})", "95 % interval"]
    return table("Against the earlier scorecard", heads, rows)


def _interval(name: str, interval: Sequence[float] | None) -> str:
    if not interval:
        return wording.NONE
    return f"{wording.signed(name, interval[0])} to {wording.signed(name, interval[1])}"


def moves(found: Sequence[Mapping[str, Any]], title: str) -> str:
    """A list of faults or contacts that are in only one of two scorecards."""
    if not found:
        return ""
    lines = "".join(
        f"<li>{escape(one['device'])}, {escape(wording.fault_label(one['fault']))}"
        f" <span class='sub inline'>{escape(one['scenario'])}, seed {one['seed']}</span></li>"
        for one in found[:MOST_MOVES]
    )
    more = f"<li>and {len(found) - MOST_MOVES} more</li>" if len(found) > MOST_MOVES else ""
    return f'<p class="strong">{escape(title)} ({len(found)})</p><ul class="reasons">{lines}{more}</ul>'


def counted(items: Mapping[str, int]) -> str:
    """Counts as a picture, and as a table for those who do not see it."""
    rows = [[name, str(count)] for name, count in items.items()]
    twin = table("Why faults were missed, in numbers", ["Reason", "Faults"], rows)
    return f"{pictures.counted(items)}<details><summary>As a table</summary>{twin}</details>"
