"""The partition log: ordered per device, durable, replayable; the one place that the gateway writes to.

The gateway appends, every other role reads at its own offset. Forms are named in `LOGS`; others come by the entry
point ``forewarn.log``.
"""

from collections.abc import Callable
from pathlib import Path

from ingest.log.protocol import PartitionLog as PartitionLog
from ingest.log.sqlite import SqliteLog
from kit.plugins import Registry

LogOpener = Callable[[Path, int, int], PartitionLog]
"""Opens a log below a folder with so many partitions and a bound in bytes."""

LOGS: Registry[LogOpener] = Registry("log", {"file": SqliteLog})
