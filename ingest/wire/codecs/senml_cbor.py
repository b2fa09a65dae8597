"""SenML CBOR (RFC 8428 section 6, ``application/senml+cbor``): integer labels instead of names; see `senml`."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import cbor2

from ingest.errors import Undecodable
from ingest.wire.codecs import senml
from ingest.wire.codecs.strict import MOST_DEPTH, REASON_CHARS
from ingest.wire.message import Decoded, Message

_NAMES = {
    -1: "bver", -2: "bn", -3: "bt", -4: "bu", -5: "bv", -6: "bs",
    0: "n", 1: "u", 2: "v", 3: "vs", 4: "vb", 5: "s", 6: "t", 7: "ut", 8: "vd",
}  # fmt: skip
_LABELS = {name: label for label, name in _NAMES.items()}
_TAGS = (28, 29, 35, 36)  # shared values, of which bombs are made, patterns and mail: no pack has any
_WRONG = (cbor2.CBORError, ValueError, TypeError, ArithmeticError, LookupError, RecursionError, MemoryError, OSError)


class SenmlCbor:
    """The CBOR form of SenML."""

    name = "senml_cbor"
    content_types: tuple[str, ...] = ("application/senml+cbor",)

    def encode(self, messages: list[Message]) -> bytes:
        """One record a value; sequence numbers and marks have no place in SenML."""
        return cbor2.dumps([{_LABELS[k]: v for k, v in record.items()} for record in senml.records(messages)])

    def decode(self, payload: bytes) -> Decoded:
        stream = io.BytesIO(payload)
        decoder = cbor2.CBORDecoder(
            stream, max_depth=MOST_DEPTH, allow_duplicate_keys=False, semantic_decoders=dict.fromkeys(_TAGS, _unwanted)
        )
        try:
            content = decoder.decode()
        except _WRONG as error:
            raise Undecodable(self.name, str(error)[:REASON_CHARS] or type(error).__name__) from None
        return senml.resolved([_named(r) for r in content] if isinstance(content, list) else content, self.name)


def _unwanted(*_args: Any) -> Any:
    raise ValueError("a tag that has no place in SenML")


def _named(record: Any) -> Any:
    """The record under JSON field names."""
    if not isinstance(record, dict):
        return record
    return {_NAMES.get(key, key) if isinstance(key, int) else key: _plain(value) for key, value in record.items()}


def _plain(value: Any) -> Any:
    """Decimal fractions as floats: RFC 8428 allows them for numbers."""
    return float(value) if isinstance(value, Decimal) else value
