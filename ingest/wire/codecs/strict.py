"""JSON from untrusted devices, for every codec that is JSON: tolerant where one value is lost, strict where all is.

``NaN`` and infinities, which are not JSON, and integers of any length become floats, to be refused one by one later.
An object that has a key twice becomes `Repeated`, because taking either value would be a guess.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ingest.errors import Undecodable

MOST_DEPTH = 16  # levels; fewer refuses honest shadow documents, more only serves attacks
MOST_DIGITS = 1000  # longer integers become infinite floats: Python takes long to read them, and nothing has them
REASON_CHARS = 200


class Repeated:
    """Stands for an object that has `key` twice."""

    __slots__ = ("key",)

    def __init__(self, key: str) -> None:
        self.key = key

    def __repr__(self) -> str:
        return f"an object with {self.key[:60]!r} twice"


def parse(payload: bytes, codec: str) -> Any:
    """The content of a JSON payload. Raises Undecodable: not JSON, not UTF-8, or nested deeper than `MOST_DEPTH`."""
    try:
        content = _decoder.decode(payload.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Undecodable(codec, str(error)[:REASON_CHARS]) from None
    if too_deep(content):
        raise Undecodable(codec, f"nested deeper than {MOST_DEPTH} levels")
    return content


def too_deep(content: Any, levels: int = MOST_DEPTH) -> bool:
    """Whether lists and objects stand in each other more than `levels` deep."""
    if isinstance(content, dict):
        return levels == 0 or any(too_deep(v, levels - 1) for v in content.values() if isinstance(v, dict | list))
    if isinstance(content, list):
        return levels == 0 or any(too_deep(v, levels - 1) for v in content if isinstance(v, dict | list))
    return False


def shown(value: Any) -> str:
    """A value for a reason, whatever it is."""
    try:
        return f"{value!r:.60}"
    except (ValueError, RecursionError):  # an integer with thousands of digits
        return f"a {type(value).__name__}"


def flattened(content: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of nested objects under its path, as in ``engine.coolant.temp``; lists stay values."""
    for key, value in content.items():
        if isinstance(value, dict):
            yield from flattened(value, f"{before}{key}.")
        else:
            yield before + key, value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any] | Repeated:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    for key, _value in pairs:
        if key in seen:
            return Repeated(key)
        seen.add(key)
    raise AssertionError("fewer keys than pairs, and none twice")


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= MOST_DIGITS else float(digits)


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer)
