"""The text of Mosquitto's files: its configuration in two profiles, the access list, the passwords.

The rule of the access list: a client's identity (its certificate's name, or its user name) is the device in its
topics. Anything else is refused, and so is everything to a revoked device, whether it is connected or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ingest.wire.topics import PREFIX, checked

ACCOUNT = "_forewarn"  # no device can have this name: an identifier starts with a letter or digit
UP = ("telemetry", "telemetry/+", "event", "status", "help", "cmd/ack")
DOWN = ("cmd",)
CONF, ACL, PASSWORDS, REVOCATIONS = "mosquitto.conf", "acl", "passwords", "revoked.pem"
AUTHORITY, SERVER, SERVER_KEY, PID = "ca.pem", "server.pem", "server.key", "mosquitto.pid"
OWN_ACL, OWN_PASSWORDS, OWN_CONF, DATA = "own.acl", "own.passwords", "conf.d", "data"

QUEUED_MOST = 10_000_000  # messages that wait for the gateway; the default of 1,000 drops what comes while it is away
INFLIGHT_MOST = 1_000  # unacknowledged at the gateway; the default of 20 stalls it between two of its appends
SAVE_CHANGES = 200  # durable: saved after so many messages; each save writes all that waits, so fewer is very slow
SAVE_SECONDS = 60  # fast: saved so often; a crash loses what was acknowledged since
SESSION_LIFE = "30d"  # of a client that stays away; shorter forgets devices that sleep over winter


class Profile(StrEnum):
    """What matters more: that a crash of Mosquitto itself loses little, or speed."""

    DURABLE = "durable"
    FAST = "fast"


@dataclass(frozen=True, slots=True)
class Listeners:
    """Where Mosquitto listens: with certificates, with passwords over TLS (0: not), and plain for Forewarn itself."""

    certificate_port: int = 8883
    password_port: int = 8884
    own_port: int = 1883
    own_address: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class ForeignTopic:
    """A route of foreign telemetry: the filters that we listen on, and the topic with ``{device}`` where it has one."""

    filters: tuple[str, ...]
    topic: str


def conf(folder: Path, profile: Profile, listeners: Listeners, payload_kb: int) -> str:
    """Mosquitto's configuration; every path in it is absolute."""
    saving = {
        Profile.DURABLE: f"autosave_on_changes true\nautosave_interval {SAVE_CHANGES}",
        Profile.FAST: f"autosave_on_changes false\nautosave_interval {SAVE_SECONDS}",
    }
    return f"""\
# Written by `forewarn broker config --profile {profile}`. Lines of your own go into {OWN_CONF}/*.conf.
allow_anonymous false
acl_file {folder / ACL}
password_file {folder / PASSWORDS}
pid_file {folder / PID}

persistence true
persistence_location {folder / DATA}/
{saving[profile]}
persistent_client_expiration {SESSION_LIFE}

max_inflight_messages {INFLIGHT_MOST}
# Never 0: some versions drop everything then.
max_queued_messages {QUEUED_MOST}
max_packet_size {payload_kb * 1024 + 1024}
set_tcp_nodelay true

log_dest stderr
log_type error
log_type warning

# Forewarn's own connections: not encrypted, for this machine or a private network only.
listener {listeners.own_port} {listeners.own_address}

{_certificate_listener(folder, listeners.certificate_port)}
{_password_listener(folder, listeners.password_port)}
include_dir {folder / OWN_CONF}
"""


def _certificate_listener(folder: Path, port: int) -> str:
    return f"""\
# Devices with a certificate: its name (CN) is who they are, and the name of their session.
listener {port}
{_tls(folder)}
cafile {folder / AUTHORITY}
crlfile {folder / REVOCATIONS}
require_certificate true
use_identity_as_username true
use_username_as_clientid true
"""


def _password_listener(folder: Path, port: int) -> str:
    if not port:
        return ""
    return f"""\
# Devices with a password, encrypted all the same.
listener {port}
{_tls(folder)}
use_username_as_clientid true
"""


def _tls(folder: Path) -> str:
    return f"certfile {folder / SERVER}\nkeyfile {folder / SERVER_KEY}\ntls_version tlsv1.2"


def acl(tenant: str, account: str, revoked: Iterable[str], foreign: Iterable[ForeignTopic], own: str) -> str:
    """Who may write and read which topics; `own` is the operator's part, which is added as it stands."""
    root = f"{PREFIX}/{checked(tenant)}"
    routes = list(foreign)
    roots = dict.fromkeys(_root(covered) for route in routes for covered in route.filters)
    lines = [
        "# Kept in step by `forewarn broker run` or `forewarn broker sync`. Lines of your own go into own.acl.",
        own.strip(),
        *(f"pattern write {root}/%u/{channel}" for channel in UP),
        *(f"pattern read {root}/%u/{channel}" for channel in DOWN),
        *(f"pattern write {topic}" for topic in (_tied(route.topic) for route in routes) if topic),
        f"user {account}",
        *(f"topic readwrite {topic}" for topic in (f"{root}/#", *roots)),
        "topic read $SYS/#",
    ]
    for identifier in revoked:
        lines += [f"user {checked(identifier)}", "topic deny #"]
    return "\n".join(line for line in lines if line) + "\n"


def passwords(account_line: str, devices: Mapping[str, str], own: str) -> str:
    """The password file: one ``name:hash`` a line."""
    lines = [account_line, *(f"{checked(identifier)}:{proof}" for identifier, proof in devices.items()), own.strip()]
    return "\n".join(line for line in lines if line) + "\n"


def _root(topic_filter: str) -> str:
    """The filter up to its first wildcard, and all below: answers to foreign devices go there, too."""
    levels = topic_filter.split("/")
    fixed = levels[: next((at for at, level in enumerate(levels) if level in {"+", "#"}), len(levels))]
    return "/".join([*fixed, "#"]) if len(fixed) < len(levels) else topic_filter


def _tied(topic: str) -> str | None:
    """A foreign topic with the identity in the device's place; None when the device is not a level of its own."""
    levels = topic.split("/")
    if levels.count("{device}") != 1 or any("{" in level and level != "{device}" for level in levels):
        return None
    return "/".join("%u" if level == "{device}" else level for level in levels)
