"""Durable steps on files: what a crash may leave behind is decided here, and so is who may write."""

from __future__ import annotations

import errno
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.store.errors import StoreFull, StoreLocked, StoreUnavailable

CHUNK = 1 << 20  # bytes read at once; fewer: more calls, more: memory for nothing
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn an OSError of the block into StoreFull or StoreUnavailable, naming the folder."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise full(folder) from error
        raise StoreUnavailable(
            f"The telemetry store in {folder} does not work: {error.strerror or error}.",
            "Check the disk and the rights on that folder; the writer goes on by itself.",
        ) from error


def full(folder: Path) -> StoreFull:
    """The error for a folder without room."""
    return StoreFull(
        f"There is no room left for telemetry in {folder}.", "Make room; the writer goes on by itself, nothing is lost."
    )


def checksum(path: Path) -> str:
    """The CRC-32 of the file's bytes as eight hexadecimal digits."""
    crc = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            crc = zlib.crc32(chunk, crc)
    return f"{crc:08x}"


def sync_file(path: Path) -> None:
    """Bring the file's content to the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Bring the folder's names to the disk (a rename is durable only after this)."""
    if sys.platform == "win32":
        return  # folders cannot be opened there; NTFS journals its names
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(path: Path) -> None:
    """Make a folder durably; its parent exists."""
    if not path.is_dir():
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


def publish(temporary: Path, final: Path) -> None:
    """Give a complete file its name: whole or not at all, and durable when this returns."""
    sync_file(temporary)
    temporary.replace(final)
    sync_folder(final.parent)


class FolderLock:
    """The right to write to a folder, held by one process; the system gives it back when that process ends.

    Raises StoreLocked while another process holds it.
    """

    def __init__(self, folder: Path) -> None:
        self._file = (folder / "LOCK").open("ab")
        try:
            _lock(self._file.fileno())
        except OSError as error:
            self._file.close()
            raise StoreLocked(
                f"Another process writes to the telemetry store in {folder}.",
                "Stop that process; one writer at a time.",
            ) from error

    def release(self) -> None:
        """Let others write."""
        self._file.close()


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
