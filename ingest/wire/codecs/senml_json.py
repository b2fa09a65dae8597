"""SenML JSON (RFC 8428, ``application/senml+json``): ``[{"bn":"dev-1:","n":"temp","v":21.5}]``; see `senml`."""

from __future__ import annotations

import json

from ingest.wire.codecs import senml
from ingest.wire.codecs.strict import parse
from ingest.wire.message import Decoded, Message


class SenmlJson:
    """The JSON form of SenML."""

    name = "senml_json"
    content_types: tuple[str, ...] = ("application/senml+json",)

    def encode(self, messages: list[Message]) -> bytes:
        """One record a value; sequence numbers and marks have no place in SenML."""
        return json.dumps(senml.records(messages), allow_nan=False).encode()

    def decode(self, payload: bytes) -> Decoded:
        return senml.resolved(parse(payload, self.name), self.name)
