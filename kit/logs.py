"""Structured logging: one call at the start of a process, `get` everywhere else. Secrets never reach a log line."""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import TYPE_CHECKING, TextIO, cast

import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

    from kit.settings import Core

_SECRET = ("password", "secret", "token", "authorization", "cookie")


class _Stderr:
    """Whatever stderr is at the moment of writing; a full disk loses log lines, never the work."""

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()


def mask_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace the value of every key that looks like a secret."""
    for key in event:
        if any(word in key.lower() for word in _SECRET):
            event[key] = "***"
    return event


def configure(core: Core, role: str) -> None:
    """Set up logging to stderr for this process; `role` is on every line."""
    level = logging.getLevelNamesMapping().get(core.log_level.upper(), logging.INFO)
    people = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    renderer = structlog.processors.JSONRenderer() if core.log_json else people
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            mask_secrets,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", _Stderr())),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    structlog.contextvars.bind_contextvars(role=role)


def get(name: str) -> FilteringBoundLogger:
    """A logger that carries `name`."""
    return cast("FilteringBoundLogger", structlog.get_logger(source=name))
