"""Payload codecs: one file each, one line here. Others come by the entry point ``forewarn.codec``."""

from ingest.wire.codecs.forewarn_json import ForewarnJson
from ingest.wire.codecs.mapping import Mapping
from ingest.wire.message import Codec
from kit.plugins import Registry

CODECS: Registry[Codec] = Registry(
    "codec",
    {
        "forewarn_json": ForewarnJson(),
        "mapping": Mapping(),
    },
)
