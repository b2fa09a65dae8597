"""From a finding and the store to the charts of a case, and from a device to the charts of its last two days."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from api.charts.data import Chart, Mark
from api.reader import Reader
from api.telemetry import Line, Telemetry, kind_of
from api.words import state_name
from detectors.finding import Finding, SignalEvidence
from ingest.registry.devices import Device
from ingest.wire.catalogue import DeviceType, Kind, Signal
from kit.clock import to_ms

BEFORE = timedelta(hours=48)  # of normal life in the picture; less shows no daily rhythm to compare with
AFTER = timedelta(hours=24)  # what the device did next
ATTACHED_AFTER = timedelta(minutes=1)  # room for what was measured as the call went out
GAPS = 4.0  # periods without a message before the line is left open


def case_charts(telemetry: Telemetry, device: Device, finding: Finding, reader: Reader, now: datetime) -> list[Chart]:
    """One chart for each signal of the evidence that the device's type knows, the causes first.

    Raises StoreUnavailable.
    """
    kind = kind_of(device)
    if kind is None:
        return []
    known = {signal.name: signal for signal in kind.signals}
    shown = [item for item in finding.evidence.signals if item.signal in known]
    shown.sort(key=telling)
    if any(item.attached for item in shown):
        return _attached_charts(kind, shown, finding, reader)
    window = _window(finding, now)
    lines = telemetry.window(device, [known[item.signal] for item in shown], *window)
    marks = (Mark(to_ms(finding.onset), "began", "onset"), Mark(to_ms(finding.detected), "noticed", "detected"))
    charts = []
    for item in shown:
        chart = _chart(kind, known[item.signal], lines[item.signal], reader, *window)
        charts.append(
            replace(
                chart,
                title=item.label,
                description=f"{chart.description} {_evidence_words(item, finding, reader)}",
                band=item.band,
                marks=marks,
            )
        )
    return charts


def _attached_charts(kind: DeviceType, shown: list[SignalEvidence], finding: Finding, reader: Reader) -> list[Chart]:
    """What came with a device's own call: it is drawn from the finding, so that it outlasts the store."""
    window = finding.evidence.window_start, finding.evidence.window_end + ATTACHED_AFTER
    marks = (Mark(to_ms(finding.onset), "asked", "onset"),)
    charts = []
    for item in shown:
        signal = kind.signal(item.signal)
        line = Line(
            np.array([ts for ts, _ in item.attached], np.int64), np.array([value for _, value in item.attached])
        )
        if signal.kind is not Kind.CODE and len(line.ts):
            charts.append(replace(_chart(kind, signal, line, reader, *window), marks=marks))
    return charts


def telling(item: SignalEvidence) -> tuple[bool, bool, float]:
    """What to show first: a cause before its context, what has an expectation, and what is farthest out."""
    return item.role != "cause", not item.band, -item.severity


def _window(finding: Finding, now: datetime) -> tuple[datetime, datetime]:
    """From normal life before the onset to what came after, never into the future."""
    end = max(min(now, finding.detected + AFTER), finding.evidence.window_end + timedelta(milliseconds=1))
    return finding.onset - BEFORE, end


def _evidence_words(item: SignalEvidence, finding: Finding, reader: Reader) -> str:
    return (
        f"At {reader.moment(item.at)} it was {reader.quantity(item.value, item.unit)};"
        f" expected was {reader.span(item.expected_low, item.expected_high, item.unit)}."
        f" The fault began {reader.moment(finding.onset)} and was noticed {reader.moment(finding.detected)}."
    )


def device_charts(telemetry: Telemetry, device: Device, reader: Reader, now: datetime) -> list[Chart]:
    """One chart for each signal of the device that has readings in the last 48 hours. Raises StoreUnavailable."""
    kind = kind_of(device)
    if kind is None:
        return []
    start = now - BEFORE
    lines = telemetry.window(device, kind.signals, start, now)
    return [
        _chart(kind, signal, lines[signal.name], reader, start, now)
        for signal in kind.signals
        if len(lines[signal.name].ts) and signal.kind is not Kind.CODE
    ]


def _chart(kind: DeviceType, signal: Signal, line: Line, reader: Reader, *window: datetime) -> Chart:
    start, end = window
    return Chart(
        key=signal.name,
        title=signal.label,
        description=_extent(line, signal, reader),
        unit=signal.unit,
        start_ms=to_ms(start),
        end_ms=to_ms(end),
        ts=line.ts,
        value=line.value,
        reader=reader,
        gap_ms=_gap_ms(kind, line),
        states=("no", "yes") if signal.kind is Kind.BOOLEAN else signal.states,
    )


def _gap_ms(kind: DeviceType, line: Line) -> int:
    """How long a silence is no gap yet: the type's period, or what this device really does when that is slower."""
    usual = float(np.median(np.diff(line.ts))) if len(line.ts) > 1 else 0.0
    return int(GAPS * max(kind.period_s * 1000.0, usual))


def _extent(line: Line, signal: Signal, reader: Reader) -> str:
    if len(line.ts) == 0:
        return f"{signal.label}: no readings in this time."
    if state_name(signal, float(line.value[0])):
        seen = ", ".join(state_name(signal, value) or "?" for value in np.unique(line.value).tolist())
        return f"{signal.label}: {seen}."
    span = reader.span(float(line.value.min()), float(line.value.max()), signal.unit)
    return f"{signal.label}: {span}."
