"""InfluxDB: InfluxQL at ``/query``, which 1.x has by itself, 2.x and 3 for compatibility."""

from __future__ import annotations

import contextlib

import msgspec
import numpy as np

from ingest.reading import ReadingBatch, series_id
from ingest.store.errors import StoreRefused
from ingest.store.influx.dialect import Wanted
from ingest.store.influx.lines import MEASUREMENT
from ingest.store.influx.transport import Transport, understood
from kit.clock import from_ms

_Row = tuple[int, float | None, float | None, float | None]


class _Series(msgspec.Struct):
    tags: dict[str, str] = {}
    values: list[_Row] = []


class _Result(msgspec.Struct):
    series: list[_Series] = []
    error: str = ""


class _Answer(msgspec.Struct):
    results: list[_Result] = []
    error: str = ""


class _CountSeries(msgspec.Struct):
    values: list[tuple[int, int]] = []


class _CountResult(msgspec.Struct):
    series: list[_CountSeries] = []


class _CountAnswer(msgspec.Struct):
    results: list[_CountResult] = []


class InfluxQL:
    """`Dialect` of InfluxDB; `org` is given for 2.x only, whose InfluxQL cannot delete."""

    def __init__(self, transport: Transport, database: str, org: str) -> None:
        self._transport = transport
        self._database = database
        self._org = org

    @property
    def rewind_ms(self) -> int:
        return 0

    def started(self) -> str:
        return ""

    def prepare(self) -> None:
        with contextlib.suppress(StoreRefused):  # 2.x has buckets instead; without the right, a write will tell
            self._ask(f"CREATE DATABASE {identifier(self._database)}")

    def read(self, wanted: Wanted, start_ms: int, end_ms: int) -> list[ReadingBatch]:
        time = f"time >= {int(start_ms)}ms AND time < {int(end_ms)}ms"
        return self._select(f"({_where(wanted)}) AND {time}", "")

    def latest(self, wanted: Wanted) -> list[ReadingBatch]:
        return self._select(_where(wanted), " ORDER BY time DESC LIMIT 1")

    def count(self, device: int | None = None) -> int:
        return self._count("" if device is None else f" WHERE {_where({device: []})}")

    def drop_before(self, ms: int) -> int:
        gone = self._count(f" WHERE time < {int(ms)}ms")
        if gone and self._org:
            stop = from_ms(ms).isoformat().replace("+00:00", "Z")
            self._transport.delete("1970-01-01T00:00:00Z", stop, f'_measurement="{MEASUREMENT}"')
        elif gone:
            self._ask(f'DELETE FROM "{MEASUREMENT}" WHERE time < {int(ms)}ms')  # noqa: S608 - numbers only
        return gone

    def size_bytes(self) -> int:
        return 0

    def _count(self, where: str) -> int:
        text = self._ask(f'SELECT count("v") FROM "{MEASUREMENT}"{where}')  # noqa: S608 - numbers only
        answers = [understood(line, _CountAnswer) for line in text.splitlines()]
        found = [series for answer in answers for result in answer.results for series in result.series]
        return sum(count for series in found for _, count in series.values)

    def erase(self, device: int) -> None:
        if self._org:
            predicate = f'_measurement="{MEASUREMENT}" AND device="{int(device)}"'
            self._transport.delete("1970-01-01T00:00:00Z", "2262-01-01T00:00:00Z", predicate)
        else:
            self._ask(f'DROP SERIES FROM "{MEASUREMENT}" WHERE {_where({device: []})}')

    def _select(self, where: str, suffix: str) -> list[ReadingBatch]:
        columns = f'SELECT "v", "q", "seq" FROM "{MEASUREMENT}"'  # noqa: S608 - numbers only
        text = self._ask(f'{columns} WHERE {where} GROUP BY "device", "signal"{suffix}')
        answers = [understood(line, _Answer) for line in text.splitlines()]
        found = [series for answer in answers for result in answer.results for series in result.series]
        return [_batch(series) for series in found]

    def _ask(self, question: str) -> str:
        """Ask in chunks, which no row limit of the server cuts short. An error comes as a status or in the answer."""
        form = {"db": self._database, "epoch": "ms", "chunked": "true", "q": question}
        text = self._transport.ask("/query", form)
        if '"error":' in text:
            for line in text.splitlines():
                _raise_if_refused(understood(line, _Answer))
        return text


def identifier(name: str) -> str:
    """A name as InfluxQL takes it, whatever is in it."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _where(wanted: Wanted) -> str:
    """The condition for these series (all of a device where no signal is named): numbers only, nothing to escape."""
    parts = []
    for device, signals in wanted.items():
        named = "|".join(str(int(signal)) for signal in signals)
        only = f' AND "signal" =~ /^({named})$/' if named else ""
        parts.append(f"(\"device\" = '{int(device)}'{only})")
    return " OR ".join(parts)


def _batch(series: _Series) -> ReadingBatch:
    number = series_id(int(series.tags["device"]), int(series.tags["signal"]))
    rows = [row for row in series.values if row[1] is not None]
    return ReadingBatch(
        np.full(len(rows), number, np.int64),
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.float64),
        np.array([row[2] or 0 for row in rows], np.uint8),
        np.array([-1 if row[3] is None else row[3] for row in rows], np.int64),
    )


def _raise_if_refused(answer: _Answer) -> None:
    for error in [answer.error, *(result.error for result in answer.results)]:
        if error and not error.startswith("database not found"):  # nothing was ever written: no answer is right
            raise StoreRefused(
                f"The telemetry server refuses the question: {error}.",
                "Check the database and the rights of the user.",
                status=200,
            )
