"""The scorecard as one page that needs nothing else: figures, what changed, why faults were missed, each device's time.

It wears the console's own style sheet, light, dark and in print.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from device_sim.models.machine import DAY_MS
from device_sim.scorecard import pictures, tables, wording
from device_sim.scorecard.lives import Life
from device_sim.scorecard.reasons import SENTENCES

MOST_LIVES = 120  # pictures on a page; more make it slow to open and nobody reads them
PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Forewarn: scorecard of $scenarios</title>
<style>
$style
.scorecard main { max-width: 1160px; margin: 0 auto; padding: 1.4rem 1.5rem 2rem; display: grid; gap: 1.1rem;
  grid-template-columns: minmax(0, 1fr); }
.tiles { display: grid; gap: .8rem; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); }
.tiles .card { display: flex; flex-direction: column; gap: .1rem; }
.tiles dt { order: 3; margin-top: .3rem; font-weight: 500; }
.tiles dd { font-size: 1.6rem; font-weight: 650; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tiles .sub { font-weight: 400; font-size: .8rem; color: var(--soft); }
.rows td.num { text-align: right; white-space: nowrap; }
.rows th.num { text-align: right; }
.rows tbody th { white-space: nowrap; }
.picture-of { display: block; width: 100%; height: auto; font: 10.5px var(--font); }
.picture-of text { fill: var(--soft); }
.picture-of .grid { stroke: var(--line); }
.picture-of .axis { stroke: var(--edge); }
.picture-of .fault { fill: var(--urgent); opacity: .22; }
.picture-of .harmless { fill: var(--edge); opacity: .3; }
.picture-of .failure { stroke: var(--urgent); stroke-width: 1.5; }
.picture-of .noticed { stroke: var(--ink); stroke-dasharray: 2 2; }
.picture-of .early, .picture-of .missed { fill: var(--accent); }
.picture-of .late { fill: var(--high); }
.mark-weak { fill: none; stroke: var(--edge); stroke-width: 1.4; }
.mark-strong { fill: var(--accent); }
.mark-contact { fill: var(--good-wash); stroke: var(--good); stroke-width: 1.6; }
.mark-again { fill: none; stroke: var(--high); stroke-width: 1.6; stroke-dasharray: 2 1.5; }
.mark-wrong { fill: none; stroke: var(--urgent); stroke-width: 2.6; }
.mark-said { fill: var(--ink); }
.lives { display: grid; gap: .8rem; grid-template-columns: repeat(auto-fill, minmax(min(30rem, 100%), 1fr)); }
.legend svg { width: 16px; height: 14px; flex: none; }
.legend .key::before { content: none; }
</style>
</head>
<body class="scorecard">
<main>
<header><h1>Scorecard: $scenarios</h1><p class="hint">$about</p></header>
$body
</main>
</body>
</html>
""")
TILE = Template(
    '<div class="card"><dt>$label<span class="sub">$about</span></dt><dd>$value</dd>'
    '<dd class="sub">$interval</dd></div>'
)
CARD = Template('<section class="card"><h2 id="$id">$title</h2>$inside</section>')
LIFE = Template("""\
<section class="card"><p><span class="strong">$device</span>
<span class="sub inline">$kind · $scenario · seed $seed</span></p>$picture
<ul class="reasons">$sentences</ul></section>
""")


def write(facts: Mapping[str, Any], lives: Sequence[Life], compared: Mapping[str, Any] | None = None) -> str:
    """The page as HTML; `facts` is the document of `report`, `compared` what `compare` found."""
    pooled = facts["pooled"]
    shown = sorted(lives, key=lambda life: (life.rank, life.scenario, life.seed, life.device))[:MOST_LIVES]
    names = ", ".join(pooled["scenarios"])
    body = [
        _tiles(pooled),
        _changes(compared) if compared else "",
        _card("leads", "Days from the first contact to the failure", _leads(facts)),
        _card("missed", "Why faults were missed or told too late", _reasons(pooled["reasons"])),
        *(_card(f"by-{by}", title, tables.groups(pooled[f"by_{by}"], by)) for by, title in tables.TITLES.items()),
        _card("levels", "How right at each level", tables.levels(pooled)),
        _card("verdicts", "What was said of the findings", tables.verdicts(pooled)),
        _card("delays", "From onset to contact", tables.delays(pooled)),
        _card("runs", "Every run", tables.runs(facts["runs"])),
        _lives(shown, len(lives)),
    ]
    return PAGE.substitute(
        scenarios=escape(names),
        style=_style(),
        about=escape(_about(facts)),
        body="\n".join(part for part in body if part),
    )


def _style() -> str:
    return (files("api") / "static" / "app.css").read_text("utf-8")


def _about(facts: Mapping[str, Any]) -> str:
    pooled, runs = facts["pooled"], facts["runs"]
    seeds = ", ".join(map(str, pooled["seeds"]))
    versions = ", ".join(sorted({run["version"] for run in runs}))
    many = "run" if len(runs) == 1 else "runs"
    return f"{len(runs)} {many}, seed {seeds}; {pooled['device_days']:,.0f} device-days; Forewarn {versions}."


def _tiles(pooled: Mapping[str, Any]) -> str:
    tiles = (
        TILE.substitute(
            label=measure.label,
            about=escape(measure.about),
            value=wording.shown(name, pooled[name]),
            interval=wording.between(name, pooled["intervals"].get(name)) or "",
        )
        for name, measure in wording.MEASURES.items()
    )
    note = '<p class="hint">Beneath each figure its 95 % interval, by bootstrap over seeds.</p>'
    return f'<dl class="tiles">{"".join(tiles)}</dl>{note if any(pooled["intervals"].values()) else ""}'


def _changes(compared: Mapping[str, Any]) -> str:
    if not compared["runs"]:
        return _card("changes", "Against the earlier scorecard", "<p>No scenario and seed stand in both.</p>")
    inside = tables.changes(compared)
    for key, title in tables.MOVES.items():
        inside += tables.moves(compared[key], title)
    return _card("changes", "Against the earlier scorecard", inside)


def _leads(facts: Mapping[str, Any]) -> str:
    values = [value for run in facts["runs"] for value in run["tally"]["samples"]["lead_days"]]
    return pictures.histogram(values, "d") or '<p class="none">No progressive fault was told.</p>'


def _reasons(reasons: Mapping[str, int]) -> str:
    words = {SENTENCES[name]: count for name, count in reasons.items()}
    return tables.counted(words) if words else '<p class="none">None was missed.</p>'


def _lives(shown: Sequence[Life], all_of_them: int) -> str:
    if not shown:
        return ""
    left = all_of_them - len(shown)
    more = f'<p class="hint">{left} more devices are not drawn; the JSON beside holds them.</p>' if left else ""
    title = '<h2 id="lives">Each device: what happened, what was found, what was said</h2>'
    return f'{title}{tables.LEGEND}<div class="lives">{"".join(map(_life, shown))}</div>{more}'


def _life(one: Life) -> str:
    sentences = [f"{wording.fault_label(o.fault)}: {wording.ended(o)}" for o in one.outcomes]
    sentences += [
        f"{mark.text}, on day {(mark.at_ms - one.start_ms) / DAY_MS:.1f}; nothing was wrong."
        for mark in one.marks
        if mark.kind == "wrong"
    ]
    return LIFE.substitute(
        device=escape(one.device),
        kind=escape(wording.type_label(one.device_type)),
        scenario=escape(one.scenario),
        seed=one.seed,
        picture=pictures.life(one),
        sentences="".join(f"<li>{escape(sentence)}</li>" for sentence in sentences),
    )


def _card(key: str, title: str, inside: str) -> str:
    return CARD.substitute(id=key, title=escape(title), inside=inside)
