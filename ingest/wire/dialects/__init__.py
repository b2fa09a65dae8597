"""Dialects: foreign languages over MQTT, one file each, one line here. Others come by ``forewarn.dialect``."""

from collections.abc import Callable

from ingest.wire.dialects.home_assistant import HomeAssistant
from ingest.wire.dialects.sparkplug_b import SparkplugB
from ingest.wire.dialects.thingsboard_gateway import ThingsboardGateway
from ingest.wire.message import Dialect
from kit.plugins import Registry

DIALECTS: Registry[Callable[[str, tuple[str, ...], str], Dialect]] = Registry(
    "dialect",
    {
        "sparkplug_b": SparkplugB,
        "home_assistant": HomeAssistant,
        "thingsboard_gateway": ThingsboardGateway,
    },
)
"""Makers of dialects: ``(prefix, further filters, device template)``, each empty for what is usual."""
