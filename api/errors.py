"""What can go wrong between a person and a page."""

from __future__ import annotations

from kit.errors import ForewarnError, ServiceError


class NotSignedIn(ForewarnError):
    """The page needs a sign-in; `wanted` is the path to go on to afterwards."""

    def __init__(self, wanted: str) -> None:
        super().__init__("You are not signed in.", "Sign in and try again.")
        self.wanted = wanted


class SignInRefused(ForewarnError):
    """The address or the password is wrong; it is never said which."""

    def __init__(self) -> None:
        super().__init__("The address or the password is not right.", "Check both and try again.")


class TooManyTries(ForewarnError):
    """Too many failed sign-ins; `retry_s` says how long to wait."""

    def __init__(self, retry_s: int) -> None:
        minutes = max(1, round(retry_s / 60))
        super().__init__(
            "Too many failed sign-ins.", f"Wait {minutes} minute{'s' if minutes > 1 else ''} and try again."
        )
        self.retry_s = retry_s


class ForgedRequest(ForewarnError):
    """A form came without the token of the page it claims to come from, or from another site."""

    def __init__(self) -> None:
        super().__init__(
            "This form did not come from a page of yours, or it is too old.",
            "Nothing was changed. Go back, reload the page and send it again.",
        )


class NoSuchPage(ForewarnError):
    """The address names nothing that this reader may see."""

    def __init__(self) -> None:
        super().__init__("There is no such page.", "Check the address, or start again from the queue.")


class NoSuchDevice(ForewarnError):
    """No device of this tenant has that identifier."""

    def __init__(self, identifier: str) -> None:
        super().__init__(f"There is no device '{identifier}'.", "Look it up in the list of devices.")
        self.identifier = identifier


class KeyRefused(ForewarnError):
    """The request shows no live key of the device; it is never said which part is wrong."""

    def __init__(self) -> None:
        super().__init__(
            "This is no live key of this device.",
            "Send the device's identifier and key with HTTP Basic, or the key as a Bearer token to"
            " /api/v1/devices/<device>/telemetry.",
        )


class NotThisDevice(ForewarnError):
    """A device asked in the name of another."""

    def __init__(self, identifier: str) -> None:
        super().__init__(f"Only '{identifier[:80]}' itself may send its telemetry.", "Use this device's own address.")


class UnknownFormat(ForewarnError):
    """Telemetry in a format that nobody reads here."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Nothing here reads the {what}.", "Send application/json, or name the format with ?format=.")


class AccountExists(ForewarnError):
    """A staff account with this address exists already."""

    def __init__(self, address: str) -> None:
        super().__init__(
            f"There is already a staff account {address}.",
            f"Give it a new password: forewarn staff reset-password {address}",
        )
        self.address = address


class NoSuchAccount(ForewarnError):
    """No staff account has this address."""

    def __init__(self, address: str) -> None:
        super().__init__(f"There is no staff account {address}.", "See them all: forewarn staff list")
        self.address = address


class UnusableAccount(ForewarnError):
    """An address, name, password or time zone cannot be used for a staff account."""


class PortTaken(ServiceError):
    """Another program listens on the port that the web pages need."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"The web pages cannot listen on {host}:{port}: {reason}.",
            "Choose another port: FOREWARN__API__PORT=8081, port under [api], or `forewarn api serve --port 8081`.",
        )
        self.port = port
