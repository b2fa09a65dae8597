"""The sheet as one page that needs nothing else: a card for each fault and device type, its clearest signals drawn."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from string import Template

from device_sim.faults import FAULTS
from device_sim.models.machine import DAY_MS
from device_sim.sheet import svg
from device_sim.sheet.svg import Picture
from device_sim.sheet.twins import MESSAGES, Twins, telling, trace
from ingest.wire.device_types import DEVICE_TYPES

SIGNALS = 3  # pictures a card; more hides the clear one among the faint
PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Forewarn: faults beside healthy devices</title>
<style>
:root { color-scheme: light dark; --ground: #f4f5f6; --surface: #fff; --ink: #15191e; --soft: #535d69; --line: #dde1e6;
  --accent: #0b6275; --urgent: #b0231a; --healthy: #9aa4ae; }
@media (prefers-color-scheme: dark) { :root { --ground: #101316; --surface: #171b1f; --ink: #e7eaed; --soft: #a3adb8;
  --line: #2b3238; --accent: #63c3d8; --urgent: #ff9185; --healthy: #6b7682; } }
body { margin: 0 auto; max-width: 1240px; padding: 24px; background: var(--ground); color: var(--ink);
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-variant-numeric: tabular-nums; }
h1 { font-size: 1.4rem; margin: 0 0 4px; }
h2 { font-size: 1rem; margin: 0 0 2px; }
small { color: var(--soft); }
p { margin: 0 0 4px; color: var(--soft); max-width: 90ch; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(370px, 1fr)); gap: 12px; }
article { background: var(--surface); border: 1px solid var(--line); border-radius: 8px; padding: 10px 12px; }
figure { margin: 6px 0 0; }
figcaption { color: var(--soft); font-size: .82rem; }
svg { display: block; width: 100%; height: auto; }
svg text { font-size: 9px; fill: var(--soft); paint-order: stroke; stroke: var(--surface); stroke-width: 3px; }
.healthy { stroke: var(--healthy); stroke-width: 1.5; }
.ailing { stroke: var(--accent); stroke-width: 1.1; }
.onset { stroke: var(--soft); stroke-dasharray: 2 3; }
.failure { stroke: var(--urgent); stroke-dasharray: 4 2; }
</style>
</head>
<body>
<main>
<h1>Each fault beside the same device without it</h1>
<p>Seed $seed. Grey is the healthy twin, colour the ailing one; strokes reach from the least to the greatest value. The
dotted line is the onset, the red one the failure.</p>
<div class="cards">
$cards</div>
</main>
</body>
</html>
""")
CARD = Template("""\
<article id="$name-$device_type">
<h2>$fault: $label</h2>
<p>$about</p>
<small>$name · $kind · $course</small>
$figures</article>
""")
FIGURE = Template("<figure><figcaption>$label</figcaption>$picture</figure>\n")
NOTHING = "<p>No signal tells the two apart.</p>"


def write(pairs: Iterable[Twins], seed: int) -> str:
    """The page as HTML."""
    return PAGE.substitute(seed=seed, cards="".join(_card(pair) for pair in pairs))


def _card(pair: Twins) -> str:
    fault, days = FAULTS.get(pair.fault), (pair.occurrence.failure_ms - pair.occurrence.onset_ms) / DAY_MS
    return CARD.substitute(
        name=fault.name,
        device_type=pair.kind,
        fault=escape(fault.label),
        label=escape(DEVICE_TYPES.get(pair.kind).label),
        about=escape(fault.about),
        kind="harmless change" if fault.expects == "nothing" else f"{fault.course} fault",
        course=f"{days:.1f} days to failure" if days else "from one moment to the next",
        figures="".join(_figure(pair, signal) for signal in telling(pair, SIGNALS)) or NOTHING,
    )


def _figure(pair: Twins, signal: str) -> str:
    label, unit = ("Messages", "") if signal == MESSAGES else _words(pair.kind, signal)
    span = pair.end_ms - pair.start_ms
    picture = Picture(
        label,
        unit,
        trace(pair.healthy, signal, pair.start_ms, pair.end_ms),
        trace(pair.ailing, signal, pair.start_ms, pair.end_ms),
        (pair.occurrence.onset_ms - pair.start_ms) / span,
        (pair.occurrence.failure_ms - pair.start_ms) / span,
    )
    return FIGURE.substitute(label=escape(label), picture=svg.draw(picture))


def _words(kind: str, signal: str) -> tuple[str, str]:
    known = DEVICE_TYPES.get(kind).signal(signal)
    return known.label, "" if known.unit == "1" else known.unit
