"""The credentials of many devices, as ``forewarn devices rotate`` gives them: a folder of certificates, or a file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from device_sim.errors import CredentialsUnusable
from kit.settings import Broker

AUTHORITY = "ca.pem"
_CERTIFICATE = re.compile(r"(?P<name>.+)-[0-9a-fA-F]{8}\.pem")


@dataclass(frozen=True, slots=True)
class Credential:
    """What one client proves itself with; all empty: nothing. `ca_file` None means what the system trusts."""

    username: str = ""
    password: str = ""
    certificate: Path | None = None
    key: Path | None = None
    ca_file: Path | None = None


def own(broker: Broker) -> Credential:
    """The credential of Forewarn's own connections."""
    secret = broker.password.get_secret_value() if broker.password else ""
    return Credential(broker.username or "", secret, ca_file=broker.ca_file)


def read(path: Path, devices: list[str], broker: Broker) -> dict[str, Credential]:
    """The credential of each of `devices`, from a folder of certificates or a file of passwords.

    A folder holds ``NAME-SERIAL.pem`` with its ``.key`` for each device, itself or one level below, and perhaps
    ``ca.pem``; of several the newest counts. A file has a line ``name:password`` for each device, or what
    ``forewarn devices rotate NAME --kind password --json`` printed for each. Raises CredentialsUnusable.
    """
    try:
        found = _certificates(path) if path.is_dir() else _passwords(path)
    except (OSError, UnicodeDecodeError) as error:
        raise CredentialsUnusable(path, getattr(error, "strerror", None) or str(error)) from error
    if missing := [device for device in devices if device.replace(":", "_") not in found]:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise CredentialsUnusable(path, f"it holds nothing for the device {missing[0]}{more}")
    return {device: _trusting(found[device.replace(":", "_")], broker) for device in devices}


def _trusting(credential: Credential, broker: Broker) -> Credential:
    return replace(credential, ca_file=broker.ca_file) if broker.ca_file else credential


def _certificates(folder: Path) -> dict[str, Credential]:
    found: dict[str, Credential] = {}
    files = [*folder.glob("*.pem"), *folder.glob("*/*.pem")]
    for file in sorted(files, key=lambda file: (file.stat().st_mtime_ns, file.name)):
        named, key = _CERTIFICATE.fullmatch(file.name), file.with_suffix(".key")
        if named and key.exists():
            authority = file.with_name(AUTHORITY)
            found[named["name"]] = Credential(
                certificate=file, key=key, ca_file=authority if authority.exists() else None
            )
    return found


def _passwords(file: Path) -> dict[str, Credential]:
    text = file.read_text("utf-8")
    pairs = _printed(file, text) if text.lstrip().startswith("{") else _lines(file, text)
    return {name.replace(":", "_"): Credential(name, password) for name, password in pairs}


def _printed(file: Path, text: str) -> Iterator[tuple[str, str]]:
    """What `devices rotate` printed, one object after the other."""
    decoder, at = json.JSONDecoder(), len(text) - len(text.lstrip())
    while at < len(text):
        try:
            given, end = decoder.raw_decode(text, at)
            yield str(given["username"]), str(given["password"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            line = text.count("\n", 0, at) + 1
            raise CredentialsUnusable(file, f"line {line} is not what `devices rotate` prints ({error})") from error
        at = end + len(text[end:]) - len(text[end:].lstrip())


def _lines(file: Path, text: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, password = line.strip().rpartition(":")
        if not (name and colon and password):
            raise CredentialsUnusable(file, f"line {number} is not of the form name:password")
        yield name, password
