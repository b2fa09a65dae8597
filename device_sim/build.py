"""What ``forewarn up`` takes from the simulator: the demonstration's files and the role that plays its fleet."""

from __future__ import annotations

import time
from pathlib import Path

from device_sim.config import Config
from device_sim.errors import BrokerUnreachable, DeliveryIncomplete
from device_sim.fleet import Fleet, Sent, bulk, connect
from device_sim.fleet_state import STATE, FleetState
from device_sim.manifest import write
from kit.clock import SystemClock
from kit.logs import get
from kit.plugins import Role, Step
from kit.settings import Settings
from kit.supervise import Stop

SAVE_EVERY_S = 3.0  # a crash repeats so much, and the gateway counts it as duplicate
RETRY_S = 2.0
FIRST_HELLO_S = 8.0  # a broker that cannot say that nobody listens: give the gateway time to subscribe

_log = get("fleet")


def state_path(settings: Settings) -> Path:
    """Where the demonstration's progress is kept."""
    return settings.data_path(STATE)


def prepare(settings: Settings) -> None:
    """Make the fleet on the first start; write its manifest and truth. Raises StateUnreadable."""
    write(state_path(settings).parent, _state(settings).make())


def _state(settings: Settings) -> FleetState:
    path = state_path(settings)
    state = FleetState.load(path)
    if state is None:
        state = FleetState.born(settings.of(Config), SystemClock().now_ms())
        state.save(path)
    return state


def play(settings: Settings, stop: Stop) -> None:
    """Play the fleet until `stop`: what is missing of the past, then the present. Waits for a broker that is away."""
    prepare(settings)
    while not stop.is_set():
        try:
            _play_once(settings, stop)
        except (BrokerUnreachable, DeliveryIncomplete) as error:
            _log.warning("the fleet waits", reason=error.problem)
            stop.wait(RETRY_S)


def _play_once(settings: Settings, stop: Stop) -> None:
    state, path = _state(settings), state_path(settings)
    scenario = state.make()
    links = connect(settings, scenario, stop)
    pace, clock = bulk(settings.of(Config)), SystemClock()
    fleet = Fleet(scenario, links, pace=pace, clock=clock, sent_ms=state.sent_ms, checkpoints=state.checkpoints)
    saved = time.monotonic()

    def keep(sent: Sent) -> None:
        nonlocal saved
        state.sent_ms, state.checkpoints = sent.until_ms, fleet.checkpoints()
        if time.monotonic() - saved >= SAVE_EVERY_S:
            state.save(path)
            saved = time.monotonic()

    try:
        if not links.mqtt5 and state.sent_ms < state.born_ms:
            stop.wait(FIRST_HELLO_S)
        _log.info("the fleet sends its past", devices=len(scenario.devices), since_ms=state.sent_ms)
        if fleet.catch_up(stop, keep):
            _log.info("the fleet lives", messages=fleet.sent.messages, readings=fleet.sent.readings)
            fleet.live(stop, keep)
    finally:
        state.save(path)
        links.close()


ROLES = {"fleet": Role(play, "Play the simulated fleet of the demonstration.", order=60, demo=True)}
FIRST_RUN = [Step("simulated fleet", prepare, order=10, demo=True)]
