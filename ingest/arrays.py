"""Columns as PostgreSQL array literals, for ``unnest(CAST(:column AS bigint[]))``: one statement for many rows.

A list would do as well, but the driver quotes each element for itself, which takes several times as long.
"""

from __future__ import annotations

from collections.abc import Iterable


def integers(column: Iterable[int | None]) -> str:
    """The literal of whole numbers and NULLs."""
    return f"{{{','.join('NULL' if number is None else str(number) for number in column)}}}"


def texts(column: Iterable[str]) -> str:
    """The literal of texts, whatever is in them."""
    return f"{{{','.join(map(_quoted, column))}}}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
