"""Golden payloads: what real devices of each format send, byte by byte, and what it means for ever.

`<codec>.<name>.json` (text) or `.hex` (bytes) holds the payload, `<codec>.<name>.expected.json` its messages.
"""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from ingest.wire.codecs import CODECS

FOLDER = Path(__file__).parent / "golden"
PAYLOADS = sorted(path for path in FOLDER.iterdir() if ".expected." not in path.name)


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_a_golden_payload_means_what_it_always_meant(path: Path) -> None:
    text = path.read_text("utf-8")
    payload = bytes.fromhex(text) if path.suffix == ".hex" else text.encode()
    decoded = CODECS.get(path.name.partition(".")[0]).decode(payload)
    assert not decoded.broken
    expected = json.loads(path.with_suffix(".expected.json").read_text("utf-8"))
    for message in expected:  # JSON has no bytes
        message["signals"] = {
            name: value["bytes"].encode() if isinstance(value, dict) and "bytes" in value else value
            for name, value in message["signals"].items()
        }
    plain = {"ts": None, "seq": -1, "clock": "ok", "historical": False, "device": None}
    assert [msgspec.to_builtins(message, builtin_types=(bytes,)) for message in decoded.messages] == [
        plain | message for message in expected
    ]


def test_every_codec_has_a_golden_payload() -> None:
    assert {path.name.partition(".")[0] for path in PAYLOADS} == set(CODECS)
