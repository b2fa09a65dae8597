"""Golden payloads: what real devices of each format send, byte by byte, and what it means for ever.

`<codec>.<name>.json` (text) or `.hex` (bytes) holds the payload, `<codec>.<name>.expected.json` its messages;
`dialects/<dialect>.json` a conversation. In the expected values ``{"bytes": "…"}`` stands for bytes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ingest.wire.codecs import CODECS
from ingest.wire.dialects import DIALECTS
from ingest.wire.message import Message

FOLDER = Path(__file__).parent / "golden"
PAYLOADS = sorted(path for path in FOLDER.iterdir() if path.is_file() and ".expected." not in path.name)
CONVERSATIONS = sorted((FOLDER / "dialects").iterdir())
DEFAULTS = {"ts": None, "seq": -1, "clock": "ok", "historical": False, "device": None}


def expected(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = [DEFAULTS | message for message in messages]
    for message in found:
        message["signals"] = {
            name: value["bytes"].encode() if isinstance(value, dict) and "bytes" in value else value
            for name, value in message["signals"].items()
        }
    return found


def plain(messages: list[Message] | tuple[Message, ...]) -> list[dict[str, Any]]:
    return [msgspec.to_builtins(message, builtin_types=(bytes,)) for message in messages]


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_a_golden_payload_means_what_it_always_meant(path: Path) -> None:
    text = path.read_text("utf-8")
    payload = bytes.fromhex(text) if path.suffix == ".hex" else text.encode()
    decoded = CODECS.get(path.name.partition(".")[0]).decode(payload)
    assert not decoded.broken
    assert plain(decoded.messages) == expected(json.loads(path.with_suffix(".expected.json").read_text("utf-8")))


@pytest.mark.parametrize("path", CONVERSATIONS, ids=lambda path: path.stem)
def test_a_golden_conversation_means_what_it_always_meant(path: Path) -> None:
    dialect = DIALECTS.get(path.stem)("", (), "")
    for step in json.loads(path.read_text("utf-8")):
        text = step["payload_text"] if "payload_text" in step else json.dumps(step.get("payload"))
        payload = bytes.fromhex(step["hex"]) if "hex" in step else text.encode()
        heard = dialect.hear(step["topic"], payload, 1_763_750_000_000)
        assert plain(heard.messages) == expected(step["messages"]), step["topic"]
        assert [[said.device, str(said.kind)] for said in heard.said] == step["said"]
        assert heard.missed == step.get("missed", 0)
        assert [topic for topic, _payload in heard.replies] == ([step["asks"]] if "asks" in step else [])
        assert not heard.broken + heard.unannounced


def test_every_codec_and_every_dialect_has_its_golden_file() -> None:
    assert {path.name.partition(".")[0] for path in PAYLOADS} == set(CODECS)
    assert {path.stem for path in CONVERSATIONS} == set(DIALECTS)
