"""Where a broker listens."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from device_sim.errors import BrokerUnreachable


@dataclass(frozen=True, slots=True)
class Address:
    """A broker as its URL names it; `secure` is TLS."""

    url: str
    host: str
    port: int
    secure: bool


def address_of(url: str) -> Address:
    """The address that `url` gives. Raises BrokerUnreachable when it is no broker's."""
    if not url:
        raise BrokerUnreachable("(none)", "no address is configured")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BrokerUnreachable(url, str(error)) from error
    if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
        raise BrokerUnreachable(url, "the address is not of the form mqtt://host:port")
    secure = parts.scheme == "mqtts"
    return Address(url, parts.hostname, port or (8883 if secure else 1883), secure)
