"""What was handed over and what the broker said to it, over all connections of a fleet."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from device_sim import metrics
from device_sim.errors import DeliveryIncomplete
from kit.supervise import Stop

LOOK_S = 0.5  # how soon a stop is noticed while waiting
STOP_GRACE_S = 4.0  # for acknowledgements on their way; longer and a supervisor kills the process


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be sent; `readings` is what it counts for, once it is acknowledged."""

    topic: str
    payload: bytes
    readings: int = 0
    retain: bool = False


@dataclass(slots=True)
class Delivered:
    """What the broker acknowledged so far; `refused` are messages that it took notice of and did not accept."""

    messages: int = 0
    readings: int = 0
    refused: int = 0
    reason: str = ""


class Tally:
    """The account of one sender: `offered` is kept by its thread, the rest by the loop's thread.

    Each number has one writer, so counting takes no lock; `tell` wakes the sender once in a round of the loop.
    """

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._changed = threading.Condition()
        self._told = 0
        self.delivered = Delivered()
        self.offered = 0
        self.unheard = 0
        self.alone = False
        self.connected = 0
        self.connections = 0
        self.failure = ""

    @property
    def waiting(self) -> int:
        """Messages offered and not settled."""
        return self.offered - self.delivered.messages - self.delivered.refused

    def settled(self, sent: Outgoing) -> None:
        """The broker acknowledged it."""
        self.alone = False
        self.delivered.messages += 1
        self.delivered.readings += sent.readings

    def refused(self, reason: str) -> None:
        """The broker did not accept it."""
        self.delivered.refused += 1
        self.delivered.reason = reason

    def nobody_heard(self) -> None:
        """Nobody was subscribed; it will be sent again."""
        self.alone = True
        self.unheard += 1
        metrics.messages_unheard.inc()

    def tell(self) -> None:
        """Wake who waits, and bring the metrics up to date."""
        done = self.delivered.messages
        if done != self._told:
            metrics.messages_acknowledged.inc(done - self._told)
            self._told = done
        metrics.in_flight.set(self.waiting)
        with self._changed:
            self._changed.notify_all()

    def wait_until(self, reached: Callable[[], bool], timeout_s: float, lives: Callable[[], bool]) -> None:
        """Wait for `reached`. Raises DeliveryIncomplete past `timeout_s`, soon after a stop, or if the loop died."""
        deadline, hurried = time.monotonic() + timeout_s, False
        while not reached():
            if self._stop.is_set() and not hurried:
                deadline, hurried = min(deadline, time.monotonic() + STOP_GRACE_S), True
            left = deadline - time.monotonic()
            if left <= 0 or not lives():
                raise DeliveryIncomplete(self.waiting, self._why())
            with self._changed:
                self._changed.wait_for(reached, min(LOOK_S, left))

    def _why(self) -> str:
        if self.connected < self.connections:
            return self.failure or "the connection to the broker is lost"
        return "nobody is subscribed, the gateway does not run" if self.alone else "the broker does not answer"
