"""Segments by name: the folder's listing is the catalogue, so readers need no lock and writers no manifest.

A segment is one immutable file ``<day>/<first>-<last>-<version>_<low>-<high>_<rows>_<crc>.parquet``; the CRC-32 of its
bytes is in its name, so that a bit that the disk lost is found out (files of earlier versions have none). Each write of
a day gets the next *generation*; a merged segment spans the generations ``first..last`` of its parts. A segment whose
generations lie within another's is *covered* and does not count, so one rename puts the merged segment in the place
of all its parts, for every process at once and whenever the parts are deleted. A rewritten segment keeps its
generations and gets the next version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from ingest.store.fresh import MOST_MS

DAY_MS = 86_400_000
_NAME = re.compile(r"(\d{16})-(\d{16})-(\d+)_(\d+)-(\d+)_(\d+)(?:_([0-9a-f]{8}))?\.parquet", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class Segment:
    """One file: generations `first` to `last`, event times `low` to `high` (both included), `rows` readings.

    `crc` is the CRC-32 of its bytes as eight hexadecimal digits, empty where it is not known.
    """

    folder: Path
    first: int
    last: int
    version: int
    low: int
    high: int
    rows: int
    crc: str = ""

    @property
    def path(self) -> Path:
        """Where the segment is."""
        numbers = f"{self.first:016d}-{self.last:016d}-{self.version}_{self.low}-{self.high}_{self.rows}"
        return self.folder / (f"{numbers}_{self.crc}.parquet" if self.crc else f"{numbers}.parquet")

    @staticmethod
    def parse(folder: Path, name: str) -> Segment | None:
        """The segment of that file name, None for any other name."""
        match = _NAME.fullmatch(name)
        if not match:
            return None
        first, last, version, low, high, rows = map(int, match.groups()[:6])
        return Segment(folder, first, last, version, low, high, rows, match[7] or "")


def day_folder(root: Path, ts: int) -> Path:
    """The folder of the day (UTC) that `ts` falls in."""
    return root / datetime.fromtimestamp(ts // 1000, UTC).date().isoformat()


def day_start(folder: Path) -> int:
    """The first millisecond of the day of that folder."""
    return int(datetime.fromisoformat(f"{folder.name}T00:00:00+00:00").timestamp()) * 1000


def days(root: Path, start_ms: int | None = None, end_ms: int | None = None) -> list[Path]:
    """The folders of the days that have any part in ``[start_ms, end_ms)``, oldest first."""
    low = _day_name(start_ms) if start_ms is not None else ""
    high = _day_name(end_ms - 1) if end_ms is not None else "9999-99-99"
    return [root / name for name in _names(root) if low <= name <= high and _is_day(name)]


def listed(folder: Path) -> tuple[list[Segment], list[Path]]:
    """All segments of a day, covered ones too, and all other files there."""
    segments, others = [], []
    for name in _names(folder):
        segment = Segment.parse(folder, name)
        if segment:
            segments.append(segment)
        else:
            others.append(folder / name)
    return segments, others


def live(segments: Iterable[Segment]) -> list[Segment]:
    """The segments that count, oldest generation first: those that no other covers."""
    kept: list[Segment] = []
    for segment in sorted(segments, key=lambda s: (s.first, -s.last, -s.version)):
        if not kept or segment.last > kept[-1].last:
            kept.append(segment)
    return kept


def find(root: Path, start_ms: int | None = None, end_ms: int | None = None) -> list[Segment]:
    """The live segments that may hold readings with ``start_ms <= ts < end_ms``."""
    found = [segment for folder in days(root, start_ms, end_ms) for segment in live(listed(folder)[0])]
    return [
        segment
        for segment in found
        if (start_ms is None or segment.high >= start_ms) and (end_ms is None or segment.low < end_ms)
    ]


def _names(folder: Path) -> list[str]:
    """The names in a folder, sorted; none when it does not exist.

    Read until two listings agree: a single one may miss a name that appears while it runs and names that vanish
    after that, and so see neither a merged segment nor its parts.
    """
    before: list[str] | None = None
    while True:
        try:
            now = sorted(path.name for path in folder.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []
        if now == before:
            return now
        before = now


def _day_name(ts: int) -> str:
    clipped = min(max(ts, 0), MOST_MS)
    return day_folder(Path(), clipped).name


def _is_day(name: str) -> bool:
    if not _DAY.fullmatch(name):
        return False
    try:
        date.fromisoformat(name)
    except ValueError:
        return False
    return True
