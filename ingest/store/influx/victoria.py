"""VictoriaMetrics: each field is a metric of its own (``reading_v``), read back by the export API."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections import defaultdict
from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from ingest.reading import ReadingBatch, device_no, series_id, signal_no
from ingest.store.errors import StoreRefused
from ingest.store.influx.dialect import Wanted
from ingest.store.influx.lines import MEASUREMENT
from ingest.store.influx.transport import Transport, understood

LOOK_BACK = ("1h", "1d", "30d", "50y")  # where the newest reading is looked for, the likely place first
FORGETS_MS = 15_000  # it writes to its disk every 5 s, twice when it is busy; shorter: readings lost with its crash
AHEAD_S = 600  # a question "as of" now would not see readings of a device whose clock is ahead, nor the last 30 s

_Times = NDArray[np.int64]
_Values = NDArray[np.float64]


class _Line(msgspec.Struct):
    metric: dict[str, str]
    values: list[float]
    timestamps: list[int]


class _Sample(msgspec.Struct):
    metric: dict[str, str]
    value: tuple[float, str]


class _Data(msgspec.Struct):
    result: list[_Sample]


class _Answer(msgspec.Struct):
    data: _Data


class Victoria:
    """`Dialect` of VictoriaMetrics; `database` is the label ``db`` that it gives to what is written there."""

    def __init__(self, transport: Transport, database: str) -> None:
        self._transport = transport
        self._database = database

    @property
    def rewind_ms(self) -> int:
        return FORGETS_MS

    def started(self) -> str:
        return " ".join(self._metric("vm_app_start_timestamp") + self._metric("process_start_time_seconds"))

    def prepare(self) -> None:
        """Nothing: there are no databases."""

    def read(self, wanted: Wanted, start_ms: int, end_ms: int) -> list[ReadingBatch]:
        self._settle()
        matches = [("match[]", self._selector("(v|q|seq)", device, signals)) for device, signals in wanted.items()]
        span = [("start", _seconds(start_ms)), ("end", _seconds(end_ms - 1))]
        text = self._transport.ask("/api/v1/export", matches + span)
        fields: dict[int, dict[str, list[_Line]]] = defaultdict(lambda: defaultdict(list))
        for row in text.splitlines():
            line = understood(row, _Line)
            fields[_series(line.metric)][line.metric["__name__"]].append(line)
        return [_batch(series, lines) for series, lines in fields.items()]

    def latest(self, wanted: Wanted) -> list[ReadingBatch]:
        self._settle()
        left = {series_id(device, signal) for device, signals in wanted.items() for signal in signals}
        found: list[ReadingBatch] = []
        for window in LOOK_BACK:
            at: dict[tuple[int, int], list[int]] = defaultdict(list)
            for series, ts in self._newest_times(wanted, window):
                if series in left:
                    at[device_no(series), ts].append(signal_no(series))
            for (device, ts), signals in at.items():
                found += self.read({device: signals}, ts, ts + 1)
                left -= {series_id(device, signal) for signal in signals}
            if not left:
                break
        return found

    def count(self, device: int | None = None) -> int:
        self._settle()
        selector = self._selector("v", device, [])
        samples = self._instant(f"sum(count_over_time({selector}[{LOOK_BACK[-1]}]))")
        return sum(round(float(sample.value[1])) for sample in samples)

    def drop_before(self, ms: int) -> int:  # noqa: ARG002 - see the docstring
        """Nothing: this server drops whole months by its own ``-retentionPeriod``."""
        return 0

    def size_bytes(self) -> int:
        return sum(round(float(value)) for value in self._metric("vm_data_size_bytes"))

    def erase(self, device: int) -> None:
        self._settle()
        selector = self._selector("(v|q|seq)", device, [])
        self._transport.ask("/api/v1/admin/tsdb/delete_series", [("match[]", selector)])

    def _newest_times(self, wanted: Wanted, window: str) -> Iterator[tuple[int, int]]:
        for device, signals in wanted.items():
            selector = self._selector("v", device, signals)
            for sample in self._instant(f"tlast_over_time({selector}[{window}])"):
                yield _series(sample.metric), round(float(sample.value[1]) * 1000)

    def _metric(self, name: str) -> list[str]:
        """The values of one of the server's own metrics; none where a proxy keeps them back."""
        try:
            text = self._transport.get("/metrics")
        except StoreRefused:
            return []
        return re.findall(rf"^{name}(?:\{{[^}}]*\}})? ([-+.e\d]+)$", text, re.MULTILINE | re.ASCII)

    def _instant(self, question: str) -> list[_Sample]:
        form = {"query": question, "time": str(int(time.time()) + AHEAD_S), "nocache": "1"}
        text = self._transport.ask("/api/v1/query", form)
        return understood(text, _Answer).data.result

    def _selector(self, field: str, device: int | None, signals: list[int]) -> str:
        parts = [f'__name__=~"{MEASUREMENT}_{field}"', f"db={json.dumps(self._database, ensure_ascii=False)}"]
        if device is not None:
            parts.append(f'device="{int(device)}"')
        if signals:
            parts.append(f'signal=~"{"|".join(str(int(signal)) for signal in signals)}"')
        return "{" + ",".join(parts) + "}"

    def _settle(self) -> None:
        """Make what was written in the last seconds visible; a proxy may forbid it, then they appear by themselves."""
        with contextlib.suppress(StoreRefused):
            self._transport.ask("/internal/force_flush", {})


def _series(labels: dict[str, str]) -> int:
    return series_id(int(labels["device"]), int(labels["signal"]))


def _seconds(ms: int) -> str:
    return f"{ms // 1000}.{ms % 1000:03d}"


def _batch(series: int, fields: dict[str, list[_Line]]) -> ReadingBatch:
    """One series: values with, at the same times where there is one, quality and sequence number."""
    ts, value = _columns(fields[f"{MEASUREMENT}_v"])
    quality = _at(ts, *_columns(fields[f"{MEASUREMENT}_q"]), 0)
    seq = _at(ts, *_columns(fields[f"{MEASUREMENT}_seq"]), -1)
    return ReadingBatch(np.full(len(ts), series, np.int64), ts, value, quality.astype(np.uint8), seq.astype(np.int64))


def _columns(lines: list[_Line]) -> tuple[_Times, _Values]:
    """All samples of one metric in order of time."""
    ts = np.array([ts for line in lines for ts in line.timestamps], np.int64)
    order = np.argsort(ts, kind="stable")
    return ts[order], np.array([value for line in lines for value in line.values], np.float64)[order]


def _at(ts: _Times, times: _Times, values: _Values, missing: float) -> _Values:
    """The value at each of `ts`, `missing` where there is none."""
    if not len(times):
        return np.full(len(ts), missing)
    place = np.searchsorted(times, ts).clip(max=len(times) - 1)
    return np.where(times[place] == ts, values[place], missing)
