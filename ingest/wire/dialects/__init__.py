"""Dialects: foreign languages over MQTT, one file each, one line here. Others come by ``forewarn.dialect``."""

from collections.abc import Callable

from ingest.wire.message import Dialect
from kit.plugins import Registry

DIALECTS: Registry[Callable[[str, tuple[str, ...], str], Dialect]] = Registry("dialect", {})
"""Makers of dialects: ``(prefix, further filters, device template)``, each empty for what is usual."""
