"""A whole run: a scenario's days through the product, its customers beside it, and the record of what it came to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import numpy as np

from detectors.build import keep_kernels
from device_sim.manifest import manifest
from device_sim.models.machine import DAY_MS
from device_sim.scenarios.scenario import Scenario
from device_sim.scorecard.record import Cost, Record
from device_sim.scorecard.run.ahead import AHEAD, Delivery, Order, Source, on_wire, source_of
from device_sim.scorecard.run.cost import peak_mb
from device_sim.scorecard.run.mailbox import Mailbox
from device_sim.scorecard.run.outcome import outcome
from device_sim.scorecard.run.place import laid_over, private
from device_sim.scorecard.run.product import Product
from device_sim.scorecard.run.town import Town
from ingest.gateway.packets import Packets
from kit.clock import VirtualClock
from kit.settings import Core, Settings, load
from outreach.config import Config as OutreachConfig
from outreach.contact import sink
from outreach.contact.channels.channel import Channel
from outreach.contact.channels.email import EmailChannel, Route

TICK_MS = 60_000  # of the clock: longer makes readings look late, and with them clocks wrong; shorter takes longer
OF_A_RUN: Mapping[str, Any] = {  # one process needs no partitions, its heart beats with the clock, devices speak JSON
    "ingest": {"partitions": 1, "heartbeat_s": TICK_MS / 1000, "codec": "forewarn_json"},
    "outreach": {"sender_threads": 1},
}

Progress = Callable[[float], None]
"""Told after each day which share of the run is done, 0 to 1."""


def run(
    scenario: Scenario,
    *,
    settings: Settings | None = None,
    overlay: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    processes: int = 2,
) -> tuple[Record, Cost]:
    """What the product makes of the scenario, and what that took.

    `settings` are the installation's (default: as `forewarn` reads them), `overlay` changes some, table by table. Its
    database, broker and mail server are never touched. With `processes` 2 the fleet's days are made in a process
    beside this one; the record is the same, to the byte.
    Raises SettingsError for an overlay that cannot be, ServiceError when no database can be started.
    """
    began = time.monotonic()
    chosen = laid_over(laid_over(settings or load(), OF_A_RUN), overlay or {})
    keep_kernels(chosen)
    with ExitStack() as stack:
        source = source_of(scenario, chosen.of(Core).tenant, processes)
        stack.callback(source.close)
        mine = stack.enter_context(private(chosen, {}))
        mailbox = Mailbox()
        clock = VirtualClock(scenario.period.start_ms)
        channels = stack.enter_context(mail_channels(mine, clock, mailbox))
        product = stack.enter_context(closing(Product(mine, clock, channels)))
        fleet = manifest(scenario)
        product.register(fleet["devices"], fleet["customers"])
        town = Town(scenario, product, mailbox)
        life = _Life(scenario, source, product, town)
        life.live(progress)
        record = outcome(scenario, product, town, life.network)
    readings = record.counts["received"]
    return record, Cost(time.monotonic() - began, peak_mb() + life.peak_mb, readings, dict(product.seconds))


@contextmanager
def mail_channels(settings: Settings, clock: VirtualClock, mailbox: Mailbox) -> Iterator[dict[str, Channel]]:
    """The mail channel on a mail server of the run's own, for the length of the block: nothing leaves by any other."""
    config = settings.of(OutreachConfig)
    with sink.serving(mailbox) as port:
        route = Route("127.0.0.1", port, "none", None, None, config.smtp_timeout_s, config.lease_s / 2)
        yield {EmailChannel.name: EmailChannel(route, config.sender, config.reply_to, clock)}


class _Life:
    """The days of a scenario, one after the other."""

    def __init__(self, scenario: Scenario, source: Source, product: Product, town: Town) -> None:
        self.network: dict[str, int] = {}
        self.peak_mb = 0.0
        period = scenario.period
        self._days = [
            (start, min(start + DAY_MS, period.end_ms)) for start in range(period.start_ms, period.end_ms, DAY_MS)
        ]
        self._line = next(iter(scenario.lines().values()))
        self._source = source
        self._product = product
        self._town = town
        self._ordered = 0

    def live(self, progress: Progress | None) -> None:
        """Live all days, and bring what is under way to its end."""
        for number, (start_ms, end_ms) in enumerate(self._days):
            while self._ordered < min(number + AHEAD + 1, len(self._days)):
                self._source.order(Order(*self._days[self._ordered], self._town.mends()))
                self._ordered += 1
            began = time.perf_counter()
            made = self._source.next()
            self._product.seconds["wait for the fleet"] += time.perf_counter() - began
            for mend in made.mends:
                self._town.mended(mend)
            self._day(made, start_ms, end_ms)
            self.network, self.peak_mb = made.counts, made.peak_mb
            if progress is not None:
                progress((number + 1) / len(self._days))
        self._product.flush()
        self._product.step()

    def _day(self, made: Delivery, start_ms: int, end_ms: int) -> None:
        ticks = np.arange(start_ms + TICK_MS, end_ms + TICK_MS, TICK_MS).clip(max=end_ms)
        cuts = [0, *np.searchsorted(made.at_ms, ticks).tolist()]
        for tick, now_ms in enumerate(ticks.tolist()):
            self._tick(made.packets.part(cuts[tick], cuts[tick + 1]), now_ms)

    def _tick(self, arrived: Packets, now_ms: int) -> None:
        product, town = self._product, self._town
        product.clock.advance_to(now_ms)
        town.act(now_ms)
        if calls := town.calls():
            arrived = Packets.join([arrived, on_wire(product.tenant, calls)])
        if len(arrived) or not self._away(now_ms):
            product.append(product.take(arrived, now_ms))
        product.step()
        town.read_mail(now_ms)

    def _away(self, now_ms: int) -> bool:
        """Whether the broker is away, so that the gateway is not connected either and no heartbeat goes out."""
        return any(
            begin <= now_ms - TICK_MS and now_ms <= end
            for begin, end in self._line.broker_away(now_ms - TICK_MS, now_ms)
        )
