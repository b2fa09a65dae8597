"""What every request can reach: settings, database, clock, telemetry store, news of the queue, telemetry's door."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.config import Config
from api.feed import CaseFeed
from api.rest.door import Door
from api.security.sessions import Lifetime
from api.telemetry import Telemetry
from kit.clock import Clock
from kit.db import transaction
from kit.settings import Core, Settings


@dataclass(frozen=True, slots=True)
class Site:
    """One web process."""

    settings: Settings
    engine: Engine
    clock: Clock
    telemetry: Telemetry
    feed: CaseFeed
    door: Door

    @property
    def tenant(self) -> str:
        """The tenant that this installation serves."""
        return self.settings.of(Core).tenant

    @property
    def config(self) -> Config:
        """The web process's own settings."""
        return self.settings.of(Config)

    @property
    def https(self) -> bool:
        """Whether people reach the pages over https."""
        return self.settings.of(Core).public_url.startswith("https://")

    @property
    def lifetime(self) -> Lifetime:
        """How long a sign-in lasts."""
        config = self.config
        return Lifetime(timedelta(minutes=config.session_idle_minutes), timedelta(hours=config.session_hours))


def site_of(request: Request) -> Site:
    """The site that answers this request."""
    site = request.app.state.site
    if not isinstance(site, Site):
        raise TypeError("the application was built without a site")
    return site


def database(site: Annotated[Site, Depends(site_of)]) -> Iterator[Session]:
    """A transaction around one request; it commits before the answer leaves, and rolls back on any error."""
    with transaction(site.engine) as session:
        yield session


Here = Annotated[Site, Depends(site_of)]
Db = Annotated[Session, Depends(database, scope="function")]
