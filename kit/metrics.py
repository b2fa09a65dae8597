"""Prometheus metrics: each is declared in a folder's ``metrics.py`` with a help text, and served per process."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram, start_http_server

PREFIX = "forewarn_"


def counter(name: str, help_text: str, *labels: str) -> Counter:
    """A count that only goes up, exported as ``forewarn_<name>_total``."""
    return Counter(PREFIX + name, help_text, labels)


def gauge(name: str, help_text: str, *labels: str) -> Gauge:
    """A value that goes up and down, exported as ``forewarn_<name>``."""
    return Gauge(PREFIX + name, help_text, labels)


def histogram(name: str, help_text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
    """A distribution, exported as ``forewarn_<name>``; `buckets` in the unit that the name ends with."""
    return Histogram(PREFIX + name, help_text, labels, buckets=buckets)


def serve(port: int) -> None:
    """Answer scrapes on the loopback address; port 0 serves nothing."""
    if port:
        start_http_server(port, addr="127.0.0.1")
