"""What this folder adds to the product: the web role, the first staff account, and where to sign in."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from zoneinfo import available_timezones

from babel.localtime import get_localzone

from api.config import Config
from api.security import accounts, passwords
from kit.clock import SystemClock
from kit.db import connect, transaction
from kit.plugins import Check, Role, Step
from kit.settings import Core, Settings
from kit.supervise import Stop

FIRST_ADDRESS = "admin@forewarn.local"
PASSWORD_FILE = "console-password"  # noqa: S105 - a file's name


def run_web(settings: Settings, stop: Stop) -> None:
    """The web role."""
    from api.server import serve

    serve(settings, stop)


def first_account(settings: Settings) -> None:
    """Create the first staff account of this installation; its password is kept for `up` to show (mode 0600)."""
    engine = connect(settings)
    try:
        with transaction(engine) as session:
            tenant = settings.of(Core).tenant
            if accounts.everybody(session, tenant):
                return
            password = _kept_password(settings)
            zone = _zone_here()
            accounts.add(
                session,
                SystemClock(),
                tenant,
                FIRST_ADDRESS,
                name="Administrator",
                password=password,
                time_zone=zone,
                commands=True,
            )
    finally:
        engine.dispose()


def _zone_here() -> str:
    """The zone of this machine; UTC when it does not say."""
    key = getattr(get_localzone(), "key", "UTC")
    return key if key in available_timezones() and not key.startswith("Etc/") else "UTC"


def _kept_password(settings: Settings) -> str:
    path = settings.data_path(PASSWORD_FILE)
    if not path.exists() or len(path.read_text("utf-8").strip()) < passwords.SHORTEST:
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_text(passwords.invent() + "\n", "utf-8")
    return path.read_text("utf-8").strip()


def banner(settings: Settings) -> list[str]:
    """Where the console is and how to get in."""
    lines = [f"Console  {settings.of(Core).public_url}/console"]
    path = settings.data_path(PASSWORD_FILE)
    if path.exists():
        lines.append(f"Sign in  {FIRST_ADDRESS}  {path.read_text('utf-8').strip()}")
    return lines


def doctor(settings: Settings) -> Iterable[Check]:
    """Whether the pages' port answers, or is free for them."""
    config = settings.of(Config)
    place = f"{config.host}:{config.port}"
    try:
        with socket.create_connection((config.host, config.port), timeout=1):
            yield Check("web pages", True, f"{place} is in use, by the web role if it runs")
    except OSError:
        yield Check("web pages", True, f"{place} is free; the web role is not running")


ROLES = {"web": Role(run_web, "Serve the console, the customers' pages and the REST API.", order=40)}
FIRST_RUN = [Step("first staff account", first_account, order=40)]
