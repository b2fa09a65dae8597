"""The root of every error that a person may read: what is wrong, and what to do about it."""

from __future__ import annotations


class ForewarnError(Exception):
    """An expected failure. `problem` is one sentence for a person; `fix` says what to do next."""

    def __init__(self, problem: str, fix: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.fix = fix


class SettingsError(ForewarnError):
    """The configuration file or an environment variable cannot be used."""


class ServiceError(ForewarnError):
    """A service that the product needs (database, broker, port, disk) cannot be reached or started."""


class PluginError(ForewarnError):
    """A plug-in was named that is not registered, or does not load."""
