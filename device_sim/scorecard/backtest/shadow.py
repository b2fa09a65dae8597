"""A history through the whole product in shadow: on a virtual clock, in a place of its own, no mail leaves.

Readings arrive when they were measured: the store does not keep when they came. Customers say nothing: what they
really answered was about other notices. What devices said besides readings (help, events) is not replayed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from detectors.build import keep_kernels
from device_sim.faults.fault import Occurrence
from device_sim.models.machine import DAY_MS
from device_sim.scenarios.scenario import Birth, Customer, Handover, Scenario
from device_sim.scorecard.backtest.history import History
from device_sim.scorecard.record import Record, Said
from device_sim.scorecard.run.mailbox import Mailbox
from device_sim.scorecard.run.outcome import outcome
from device_sim.scorecard.run.place import laid_over, private
from device_sim.scorecard.run.product import Product
from device_sim.scorecard.run.whole import OF_A_RUN, TICK_MS, mail_channels
from ingest.reading import SIGNAL_BITS, Frame, ReadingBatch, signal_no
from ingest.registry import devices as registry
from kit.clock import VirtualClock
from kit.db import transaction
from kit.settings import Settings
from outreach.customers import consent, record

SOURCE = "backtest"
Progress = Callable[[float], None]
"""Told after each day which share of the history is done, 0 to 1."""


@dataclass(slots=True)
class Silent:
    """Customers who say nothing, and the truth as it was."""

    truth: list[Occurrence]
    said: list[Said] = field(default_factory=list)


def shadow(settings: Settings, policy: Mapping[str, Any], history: History, progress: Progress) -> Record:
    """What the product would have done with the history under the settings with `policy` over them.

    The record holds what was found from `since_ms` on. Raises SettingsError, ServiceError.
    """
    chosen = laid_over(laid_over(settings, policy), OF_A_RUN)
    keep_kernels(chosen)
    with ExitStack() as stack:
        mine = stack.enter_context(private(chosen, {}))
        clock, mailbox = VirtualClock(history.start_ms), Mailbox()
        channels = stack.enter_context(mail_channels(mine, clock, mailbox))
        product = stack.enter_context(closing(Product(mine, clock, channels)))
        _settle(product, history)
        _live(product, mailbox, history, progress)
        made = outcome(_scenario(history), product, Silent(list(history.truth)), {})
    return _judged_part(made, history)


def _settle(product: Product, history: History) -> None:
    """Devices, owners, customers and consents as they are in the history."""
    names = ("id", "type", "model", "firmware", "label", "time_zone")
    devices = [
        {name: getattr(spec, name) for name in names} | {"owner": spec.owner or None} for spec in history.devices
    ]
    product.register(devices, [])
    now = product.clock.now()
    with transaction(product.engine) as session:
        for person in history.people:
            record.save(session, person, now)
            for purpose in person.consents:
                consent.grant_first(session, product.tenant, person.id, purpose, source=SOURCE, at=now)


def _live(product: Product, mailbox: Mailbox, history: History, progress: Progress) -> None:
    with transaction(product.engine) as session:
        numbers = {device.identifier: device.no for device in registry.all_devices(session, product.tenant)}
    handovers = deque(history.handovers)
    for start in range(history.start_ms, history.end_ms, DAY_MS):
        end = min(start + DAY_MS, history.end_ms)
        _day(product, _readings(history, numbers, start, end), handovers, (start, end))
        mailbox.take()
        progress((end - history.start_ms) / (history.end_ms - history.start_ms))
    product.flush()
    product.step()


def _day(product: Product, batch: ReadingBatch, handovers: deque[Handover], span: tuple[int, int]) -> None:
    ticks = np.arange(span[0] + TICK_MS, span[1] + TICK_MS, TICK_MS).clip(max=span[1])
    cuts = [0, *np.searchsorted(batch.ts, ticks).tolist()]
    for place, now_ms in enumerate(ticks.tolist()):
        product.clock.advance_to(now_ms)
        while handovers and handovers[0].at_ms <= now_ms:
            change = handovers.popleft()
            product.hand_over(change.device, change.owner)
        product.append({0: Frame(now_ms, batch.cut(cuts[place], cuts[place + 1]))})
        product.step()


def _readings(history: History, numbers: Mapping[str, int], start_ms: int, end_ms: int) -> ReadingBatch:
    """All that was measured in that time, in its order, under the numbers that the devices have here."""
    parts = []
    for name, batch in history.readings(start_ms, end_ms):
        series = signal_no(batch.series) | (numbers[name] << SIGNAL_BITS)
        parts.append(ReadingBatch(series, batch.ts, batch.value, batch.quality, batch.seq))
    whole = ReadingBatch.concat(parts)
    return whole.take(np.argsort(whole.ts, kind="stable"))


def _scenario(history: History) -> Scenario:
    """The history in the form in which runs are recorded."""
    birth = Birth(0, history.end_ms, -(-(history.end_ms - history.start_ms) // DAY_MS))
    people = tuple(Customer(one.id, one.name, one.language, one.time_zone, "", one.consents) for one in history.people)
    return Scenario(history.name, birth, history.devices, people, history.truth)


def _judged_part(made: Record, history: History) -> Record:
    """The record from `since_ms` on: what was found before only taught the detectors."""
    since, end = history.since_ms, history.end_ms
    begun = {one.id for one in made.findings if one.kind == "raised" and one.detected_ms < since}
    return replace(
        made,
        start_ms=since,
        truth=tuple(one for one in made.truth if one.onset_ms < end and (one.end_ms is None or one.end_ms > since)),
        findings=tuple(one for one in made.findings if one.detected_ms >= since),
        cases=tuple(one for one in made.cases if one.opened_ms >= since),
        notices=tuple(one for one in made.notices if one.created_ms >= since and one.finding not in begun),
    )
