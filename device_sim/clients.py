"""The MQTT clients of one process behind one window: hand over, wait, say goodbye."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from functools import partial

from device_sim import metrics
from device_sim.address import address_of
from device_sim.credentials import own
from device_sim.delivery import Delivered, Outgoing, Tally
from device_sim.errors import BrokerUnreachable
from device_sim.loop import Loop
from device_sim.transport import Connection, Member
from kit.settings import Broker
from kit.supervise import Stop

CONNECT_S = 10.0
WAVE = 64  # clients that connect at once; more than a broker's backlog (100) wait a second for the next try
LEAVE_S = 5.0  # for goodbyes; longer and a supervisor kills the process


class Clients:
    """The clients of one fleet on one loop, behind one window: `window` messages sent and not yet acknowledged.

    Opens every connection before it returns. A set `stop` cuts waiting short. One thread at a time. Raises
    BrokerUnreachable when one of them cannot connect or is refused. `mqtt5` says whether the broker tells when nobody
    listens.
    """

    def __init__(self, broker: Broker, members: Sequence[Member], *, window: int, stop: Stop | None = None) -> None:
        self._address, self._window = address_of(broker.url or ""), window
        self._tally = Tally(stop or Stop())
        self._loop = Loop(self._tally.tell)
        self._tally.connections = len(members)
        self._connections: list[Connection] = []
        try:
            self.mqtt5 = self._spoken(members[0])
            self._join([self._client(member, self.mqtt5) for member in members[1:]])
        except BrokerUnreachable:
            self.close()
            raise

    @property
    def delivered(self) -> Delivered:
        """What was acknowledged so far."""
        return self._tally.delivered

    @property
    def tally(self) -> Tally:
        """The whole account, to look at."""
        return self._tally

    def publish(self, client: int, outgoing: Outgoing, timeout_s: float) -> None:
        """Hand a message to the client of that number. Raises DeliveryIncomplete when the window stays full.

        Until a first message was heard they go one by one, so that a late subscriber hears them in order.
        """
        tally = self._tally
        if tally.waiting >= (self._window if tally.delivered.messages else 1):
            # half a window of room at once: waiting for each message by itself costs a switch of threads each
            tally.wait_until(self._has_room, timeout_s, lambda: self._loop.alive)
        tally.offered += 1
        self._connections[client].offer(outgoing)
        metrics.messages_sent.inc()

    def drain(self, timeout_s: float) -> None:
        """Wait until the broker has acknowledged every message. Raises DeliveryIncomplete past `timeout_s`."""
        self._tally.wait_until(lambda: self._tally.waiting <= 0, timeout_s, lambda: self._loop.alive)

    def close(self) -> None:
        """Say goodbye; what is not acknowledged by now is left to the next run. Safe to call twice."""
        for connection in self._connections:
            self._loop.call(connection.leave)
        self._wait(partial(_all_gone, self._connections), LEAVE_S)
        self._connections = []
        self._loop.close()
        metrics.in_flight.set(0)

    def _has_room(self) -> bool:
        return self._tally.waiting <= (self._window // 2 if self._tally.delivered.messages else 0)

    def _client(self, member: Member, mqtt5: bool) -> Connection:
        return Connection(self._loop, self._tally, self._address, member, mqtt5=mqtt5)

    def _spoken(self, first: Member) -> bool:
        """Connect the first client with MQTT 5, else with 3.1.1; which it was. Raises BrokerUnreachable."""
        for mqtt5 in (True, False):
            one = self._client(first, mqtt5)
            self._loop.call(one.open)
            self._wait(partial(self._settled, one), CONNECT_S)
            if one.connected:
                self._connections.append(one)
                return mqtt5
            self._loop.call(one.leave)
            self._wait(partial(_all_gone, [one]), CONNECT_S)
            failure, self._tally.failure = self._tally.failure, ""
            if one.dialled_in_vain:
                break
        raise BrokerUnreachable(self._address.url, failure or "it does not answer")

    def _settled(self, one: Connection) -> bool:
        return one.connected or bool(self._tally.failure)

    def _join(self, others: list[Connection]) -> None:
        self._connections += others
        for first in range(0, len(others), WAVE):
            wave = others[first : first + WAVE]
            for one in wave:
                self._loop.call(one.open)
            self._wait(partial(_decided, wave), CONNECT_S)
            if not all(one.connected for one in wave):
                missing = sum(not one.connected for one in others)
                reason = self._tally.failure or "it does not answer"
                raise BrokerUnreachable(self._address.url, f"{reason} ({missing} of {len(others) + 1} not connected)")

    def _wait(self, reached: Callable[[], bool], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not reached() and time.monotonic() < deadline and self._loop.alive:
            time.sleep(0.005)
        return reached()


def _decided(wave: list[Connection]) -> bool:
    return all(one.connected for one in wave) or any(one.refused for one in wave)


def _all_gone(connections: list[Connection]) -> bool:
    return all(one.gone for one in connections)


class Publisher:
    """One client by itself: `publish` blocks while the window is full, `drain` until everything is acknowledged.

    Raises BrokerUnreachable when it cannot connect.
    """

    def __init__(self, broker: Broker, *, window: int = 200, stop: Stop | None = None) -> None:
        self._clients = Clients(broker, [nameless(broker)], window=window, stop=stop)

    @property
    def mqtt5(self) -> bool:
        """Whether the broker says when nobody listens."""
        return self._clients.mqtt5

    @property
    def delivered(self) -> Delivered:
        """What was acknowledged so far."""
        return self._clients.delivered

    def publish(self, topic: str, payload: bytes, readings: int = 0, timeout_s: float = 60.0) -> None:
        """Hand a message to the broker. Raises DeliveryIncomplete when the window stays full for `timeout_s`."""
        self._clients.publish(0, Outgoing(topic, payload, readings), timeout_s)

    def drain(self, timeout_s: float) -> None:
        """Wait until the broker has acknowledged every message. Raises DeliveryIncomplete past `timeout_s`."""
        self._clients.drain(timeout_s)

    def close(self) -> None:
        """Say goodbye. Safe to call twice."""
        self._clients.close()


def nameless(broker: Broker, commands: tuple[str, ...] = ()) -> Member:
    """A client with a name that nobody else has and Forewarn's own credential."""
    return Member(f"sim-{uuid.uuid4().hex[:12]}", own(broker), commands=commands)
