"""Everything that can go wrong in outreach and that a person may read.

ForewarnError
├── CaseNotFound       a case was named that this tenant does not have
├── CaseFinished       the case is resolved or closed, so this cannot be done to it any more
├── NothingToSend      there is no notice that a person could release
├── MailNotFound       the mail sink has no such mail
├── LinkInvalid        a link that we did not make, or made for something else
├── LinkExpired        a link of ours that is too old
├── InvalidCustomer    a customer record that cannot be kept as given
├── CustomersInvalid   a manifest whose customers cannot be imported
├── ArticleInvalid     an advice text that is missing or incomplete
└── ImpossibleMove     an event that cannot happen to a case in its state
"""

from __future__ import annotations

from pathlib import Path

from kit.errors import ForewarnError


class CaseNotFound(ForewarnError):
    """This tenant has no case of that number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no case FW-{number}.", "List them with `forewarn cases list`.")
        self.number = number


class CaseFinished(ForewarnError):
    """The case is resolved or closed already."""

    def __init__(self, number: int, state: str) -> None:
        super().__init__(f"Case FW-{number} is {state} already.", "Nothing needs to be done.")
        self.number = number
        self.state = state


class NothingToSend(ForewarnError):
    """No notice of the case can be released; `state` is where its notice stands, empty when it has none."""

    def __init__(self, number: int, state: str) -> None:
        problem = f"The notice of case FW-{number} is {state}." if state else f"Case FW-{number} has no notice yet."
        super().__init__(problem, "Only a notice that waits, was not sent, failed or has an unknown fate can be sent.")
        self.number = number
        self.state = state


class MailNotFound(ForewarnError):
    """The mail sink holds no mail of that number for this tenant."""

    def __init__(self, mail_id: int) -> None:
        super().__init__(f"There is no mail {mail_id} in the mail sink.")
        self.mail_id = mail_id


class LinkInvalid(ForewarnError):
    """The link is damaged, was made for another purpose, or points at something that is gone."""

    def __init__(self) -> None:
        super().__init__("This link is not valid.", "Please open the newest mail again, and use its link.")


class LinkExpired(ForewarnError):
    """The link was good once."""

    def __init__(self) -> None:
        super().__init__("This link has expired.", "Please reply to our mail; a person will read it.")


class InvalidCustomer(ForewarnError):
    """A customer that cannot be kept as given; `field` is the part that is wrong."""

    def __init__(self, customer: str, field: str, problem: str, fix: str = "") -> None:
        super().__init__(f"Customer '{customer[:80]}' cannot be kept: {problem}", fix)
        self.customer = customer
        self.field = field


class CustomersInvalid(ForewarnError):
    """A manifest whose customers cannot be imported; nothing of it was taken."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The customers in {path} cannot be imported: {reason}",
            'It is a JSON object with "customers": [{"id", "name", …}]; see outreach/README.md.',
        )
        self.path = path


class ArticleInvalid(ForewarnError):
    """An advice text is missing, incomplete, or not readable."""

    def __init__(self, language: str, key: str, reason: str) -> None:
        super().__init__(
            f"The text '{key}' in '{language}' cannot be used: {reason}.",
            f"See outreach/articles/content/{language}/{key}.toml.",
        )
        self.language = language
        self.key = key


class ImpossibleMove(ForewarnError):
    """An event that cannot happen to a case in its state: a mistake in the program, never in the data."""

    def __init__(self, state: str, kind: str) -> None:
        super().__init__(f"'{kind}' cannot happen to a case that is {state}.")
        self.state = state
        self.kind = kind
