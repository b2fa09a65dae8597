"""Everything that can go wrong in ingest and that a person may read.

ForewarnError
├── InvalidIdentifier   a tenant or device identifier that cannot stand in a topic
├── UnknownDevice       the registry has no such device
├── InvalidDevice       a device that may not be registered as given
├── UnknownCredential   the device has no such credential
├── ClaimRefused        a claim code that gives nobody a device
├── AuthorityMissing    there is no certificate authority yet
├── AuthorityExists     there is one already, and it is not replaced
├── CertificateRefused  a signing request or certificate that our authority does not sign or know
├── BrokerFolderUnusable  the folder is not one that `forewarn broker config` wrote
├── AccountUnusable     a name for Forewarn's own account that a device could have
├── ManifestInvalid     a manifest file that cannot be imported
├── Undecodable         a payload that the codec cannot read at all
├── RouteInvalid        a foreign route of the configuration that cannot be used
├── NotPublished        a message to a device that the broker has not taken over
├── FrameCorrupt        a log entry whose bytes are not what was written
├── LogFull             the log has reached its bound, or the disk is full; retry later
├── LogUnavailable      the log file cannot be read or written at the moment; retry later
│   └── LogDamaged      the log file is not what was written: the disk, or somebody, changed it
├── LogMismatch         the log on disk was made with another number of partitions
├── OffsetMoved         another writer committed for our partition; what was being written is rolled back
├── CommandImpossible   a command that this device cannot be told, or not now
└── IntakeBusy          more requests wait for the log than fit; retry later
"""

from __future__ import annotations

from pathlib import Path

from kit.errors import ForewarnError


class InvalidIdentifier(ForewarnError):
    """A tenant or device identifier that cannot stand in a topic."""

    def __init__(self, identifier: str) -> None:
        super().__init__(
            f"'{identifier[:80]}' cannot be an identifier.",
            "Use 1 to 128 letters, digits, '.', '_', ':', '@' or '-', starting with a letter or digit.",
        )
        self.identifier = identifier


class UnknownDevice(ForewarnError):
    """The registry has no such device in this tenant."""

    def __init__(self, tenant: str, identifier: str) -> None:
        super().__init__(f"There is no device '{identifier}'.", "Register it with `forewarn devices add`.")
        self.tenant = tenant
        self.identifier = identifier


class InvalidDevice(ForewarnError):
    """A device that may not be registered as given; `field` is the part that is wrong."""

    def __init__(self, identifier: str, field: str, problem: str, fix: str = "") -> None:
        super().__init__(f"Device '{identifier[:80]}' cannot be registered: {problem}", fix)
        self.identifier = identifier
        self.field = field


class UnknownCredential(ForewarnError):
    """The device has no such credential."""

    def __init__(self, identifier: str, credential: int) -> None:
        super().__init__(
            f"Device '{identifier}' has no credential {credential}.",
            f"List them: `forewarn devices show {identifier}`.",
        )
        self.identifier = identifier
        self.credential = credential


class ClaimRefused(ForewarnError):
    """A claim code that gives nobody a device: unknown, used or expired, which is not told apart for the asker."""

    def __init__(self) -> None:
        super().__init__(
            "This claim code is not valid.", "It works once and for a limited time; ask for a new one for the device."
        )


class AuthorityMissing(ForewarnError):
    """There is no certificate authority yet in this folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"There is no certificate authority in {folder}.", "Make one with `forewarn ca init`.")
        self.folder = folder


class AuthorityExists(ForewarnError):
    """There is a certificate authority already: another one would shut out every device that has its certificate."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"There is a certificate authority in {folder} already.",
            "Keep it. To start over, move the folder away: every device then needs a new certificate.",
        )
        self.folder = folder


class CertificateRefused(ForewarnError):
    """A signing request that our authority does not sign."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The signing request is refused: {reason}.",
            "Make one with an EC P-256, P-384, Ed25519 or RSA key (2048 bit or more) and the device's name as CN.",
        )
        self.reason = reason


class BrokerFolderUnusable(ForewarnError):
    """The folder is not one that `forewarn broker config` wrote with this certificate authority."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} holds no broker configuration of this installation.", "Write one: `forewarn broker config`."
        )
        self.folder = folder


class AccountUnusable(ForewarnError):
    """A name for Forewarn's own account at the broker that a device could have, too."""

    def __init__(self, account: str) -> None:
        super().__init__(
            f"'{account[:80]}' could be a device's name, which would then hear and say what Forewarn may.",
            "Let [broker] username begin with '_', or leave it out.",
        )
        self.account = account


class ManifestInvalid(ForewarnError):
    """A manifest file that cannot be imported; nothing of it was taken."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The manifest {path} cannot be imported: {reason}",
            'It is a JSON object with "devices": [{"id", "type", ...}]; see ingest/README.md.',
        )
        self.path = path


class Undecodable(ForewarnError):
    """A payload that the codec cannot read at all."""

    def __init__(self, codec: str, reason: str) -> None:
        super().__init__(f"Not a {codec} payload: {reason}")
        self.codec = codec
        self.reason = reason


class RouteInvalid(ForewarnError):
    """A foreign route of the configuration that cannot be used."""

    def __init__(self, route: str, problem: str, fix: str) -> None:
        super().__init__(f"The route '{route[:80]}' in [[ingest.routes]] cannot be used: {problem}.", fix)
        self.route = route


class NotPublished(ForewarnError):
    """A message to a device that the broker has not taken over; it may still arrive."""

    def __init__(self, topic: str, problem: str) -> None:
        super().__init__(f"Nothing was sent on '{topic[:200]}': {problem}.", "Try again; `forewarn doctor` says more.")
        self.topic = topic


class FrameCorrupt(ForewarnError):
    """A log entry whose bytes are not what was written."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"A log entry is damaged: {reason}.", "Check the disk; the entry is skipped and counted.")


class LogFull(ForewarnError):
    """The log has reached its bound, or the disk is full: nothing was appended, the append may be tried again."""

    def __init__(self, path: Path, bound_bytes: int) -> None:
        super().__init__(
            f"The log {path} is full (bound {bound_bytes / 1e6:,.0f} MB) or the disk is.",
            "Let its readers catch up, free disk space, or raise [ingest] log_max_mb. No reading is lost meanwhile:"
            " the broker keeps what is not acknowledged.",
        )
        self.path = path
        self.bound_bytes = bound_bytes


class LogUnavailable(ForewarnError):
    """The log file cannot be read or written at the moment: the call may be tried again."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"The log {path} cannot be used: {reason}.", "Check the disk and the file's permissions.")
        self.path = path


class LogDamaged(LogUnavailable):
    """The log file is not what was written: the disk, or somebody, changed it."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, f"it is damaged ({reason})")
        self.fix = (
            "Stop Forewarn, run `forewarn log salvage`, which keeps every entry that can be read, and look at the disk."
        )


class LogMismatch(ForewarnError):
    """The log on disk was made with another number of partitions, which is fixed for its life."""

    def __init__(self, path: Path, has: int, wanted: int) -> None:
        super().__init__(
            f"The log {path} has {has} partitions, the configuration says {wanted}.",
            f"Set [ingest] partitions = {has}: a device stays in its partition for ever.",
        )
        self.has = has
        self.wanted = wanted


class OffsetMoved(ForewarnError):
    """Another writer committed for our partition; what was being written is rolled back."""

    def __init__(self, reader: str, partition: int) -> None:
        super().__init__(f"The offset of '{reader}' in partition {partition} was moved by another process.")
        self.reader = reader
        self.partition = partition


class CommandImpossible(ForewarnError):
    """A command that this device cannot be told, or not now; nothing was queued."""

    def __init__(self, identifier: str, command: str, problem: str) -> None:
        super().__init__(
            f"'{identifier[:80]}' cannot be told '{command[:80]}': {problem}",
            "`forewarn devices commands` lists what it can be told and what it was told.",
        )
        self.identifier = identifier
        self.command = command


class IntakeBusy(ForewarnError):
    """More requests wait for the log than fit, or it takes too long: send the same again later."""

    def __init__(self) -> None:
        super().__init__("Too much is coming in just now.", "Send the same message again in a few seconds.")
