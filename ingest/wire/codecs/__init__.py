"""Payload codecs: one file each, one line here. Others come by the entry point ``forewarn.codec``."""

from ingest.wire.codecs.aws_shadow import AwsShadow
from ingest.wire.codecs.forewarn_json import ForewarnJson
from ingest.wire.codecs.mapping import Mapping
from ingest.wire.codecs.senml_cbor import SenmlCbor
from ingest.wire.codecs.senml_json import SenmlJson
from ingest.wire.codecs.thingsboard import Thingsboard
from ingest.wire.message import Codec
from kit.plugins import Registry

CODECS: Registry[Codec] = Registry(
    "codec",
    {
        "forewarn_json": ForewarnJson(),
        "senml_json": SenmlJson(),
        "senml_cbor": SenmlCbor(),
        "thingsboard": Thingsboard(),
        "aws_shadow": AwsShadow(),
        "mapping": Mapping(),
    },
)
