"""Outreach put together: the role with its loops, the first-run step, the pulse and the doctor."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from sqlalchemy import Engine

from detectors.config import Config as DetectorsConfig
from detectors.trust.promise import Promise
from detectors.trust.weigh import Weighing
from ingest.build import open_store
from ingest.config import Config as IngestConfig
from kit.clock import Clock, SystemClock
from kit.db import connect, transaction
from kit.plugins import Check, Role, Step
from kit.settings import Core, Settings
from kit.supervise import Stop, in_thread
from outreach.cases import calls, monitoring, queries, telemetry, triage
from outreach.cases.calls import Past
from outreach.cases.history import History
from outreach.cases.triage import Watch
from outreach.config import Config
from outreach.contact import asking, planner, sender, sink
from outreach.contact.channels import open_all
from outreach.contact.channels.channel import Channel
from outreach.contact.channels.email import MAIL_ERRORS, greet, route
from outreach.contact.sender import Sender, Terms
from outreach.customers import manifest

FLEET_FILE = "fleet.json"
GOODBYE_S = 30.0  # an attempt that is under way may end; longer holds up the whole stop

HURRIED_S = 0.2  # rest of a loop whose work a person waits for; shorter only burns idle CPU
UNHURRIED_S = 2.0  # rest of a loop whose work is due at a time of hours or days
UNHURRIED = frozenset({"monitoring", "telemetry", "sweep"})

Loop = Callable[[], bool]


def run(settings: Settings, stop: Stop) -> None:
    """Findings to cases to notices to customers, until the stop."""
    engine = connect(settings)
    history = History(partial(open_store, settings, read_only=True), settings.of(IngestConfig).partitions)
    try:
        with _sink(settings, engine) as sink_port:
            channels = open_all(settings, sink_port)
            threads = [
                in_thread(name, step, stop, UNHURRIED_S if name in UNHURRIED else HURRIED_S)
                for name, step in loops(settings, engine, channels, history).items()
            ]
            while not stop.wait(3600):
                pass
            _wait_for(threads)
    finally:
        history.close()
        engine.dispose()


def loops(
    settings: Settings, engine: Engine, channels: Mapping[str, Channel], past: Past, clock: Clock | None = None
) -> dict[str, Loop]:
    """Every supervised loop of the role by name: each call of one does one piece of work, if there is any.

    Without `clock` it is the machine's.
    """
    config, clock = settings.of(Config), clock or SystemClock()
    promise, watch = Promise.of(settings.of(DetectorsConfig)), Watch.of(config)
    limits, terms = asking.rules(config, promise), Terms.of(config, settings.of(Core).public_url, promise)
    steps: dict[str, Loop] = {
        "help": partial(calls.step, engine, clock, past),
        "triage": partial(triage.step, engine, clock, watch),
        "monitoring": partial(monitoring.step, engine, clock, watch),
        "telemetry": partial(telemetry.step, engine, clock),
        "trust": Weighing(engine, clock, promise).step,
        "planner": partial(planner.step, engine, clock, limits),
        "sweep": partial(sender.sweep, engine, clock, channels, terms.retries),
    }
    for number in range(config.sender_threads):
        steps[f"sender-{number}"] = Sender(engine, clock, channels, terms).step
    return steps


@contextlib.contextmanager
def _sink(settings: Settings, engine: Engine) -> Iterator[int | None]:
    """The built-in mail sink, when no mail server is configured."""
    if settings.of(Config).smtp_host is not None:
        yield None
        return
    with sink.running(engine, SystemClock(), settings.of(Core).tenant) as port:
        yield port


def _wait_for(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(GOODBYE_S)


def import_customers(settings: Settings) -> None:
    """Take in the customers of the fleet file, when there is one."""
    path = settings.data_path(FLEET_FILE)
    if not path.is_file():
        return
    engine = connect(settings)
    try:
        with transaction(engine) as session:
            manifest.load(session, path, settings.of(Core).tenant, SystemClock().now())
    finally:
        engine.dispose()


def pulse(engine: Engine, settings: Settings) -> dict[str, dict[str, int]]:
    """How many cases and notices stand where."""
    with transaction(engine) as session:
        return queries.counts(session, settings.of(Core).tenant)


def doctor(settings: Settings) -> list[Check]:
    """Whether mails can leave."""
    config = settings.of(Config)
    if config.smtp_host is None:
        return [Check("mail", True, "mails stay on this machine; read them at /console/outbox")]
    if config.sender.rstrip("> ").endswith(".invalid"):
        fix = "Set [outreach] sender to an address of yours that this mail server may send from."
        return [Check("mail", False, f"the sender is still the example {config.sender}", fix)]
    where = f"{config.smtp_host}:{config.smtp_port}"
    try:
        greet(route(settings, None))
    except MAIL_ERRORS as error:
        fix = "Check [outreach] smtp_host, smtp_port, smtp_tls, smtp_user and smtp_password."
        return [Check("mail", False, f"{where} cannot be used: {error or type(error).__name__}", fix)]
    return [Check("mail", True, f"{where} takes our mails")]


ROLES = {"outreach": Role(run, "Open cases from findings, decide on notices, and deliver them.", order=30)}
FIRST_RUN = [Step("Taking in the customers", import_customers, order=30)]
