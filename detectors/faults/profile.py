"""What is watched on a device type: which detector, with which parameters, on which signal under which condition."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

TWO_SIDED = frozenset({"seasonal", "departure", "shift", "variance", "rate", "spike"})
"""Detectors that tell above from below: their symptoms end in ``:high`` or ``:low``."""

How = Literal["value", "difference", "fall_per_hour", "rise_per_hour", "event", "missing"]


@dataclass(frozen=True, slots=True)
class Gate:
    """Holds while the signal lies in [low, high]."""

    signal: str
    low: float = -math.inf
    high: float = math.inf


@dataclass(frozen=True, slots=True)
class Channel:
    """A number made of the signals of one message.

    ``value``: the one signal; ``difference``: the first minus the second; ``fall_per_hour``: how fast the signal
    falls, nothing while it rises; ``rise_per_hour``: how fast a counter grows, nothing where it starts again.
    ``event``: of a signal that is in a message only when something happened, such as a trouble code; its value is told
    at the next message with the signal `beside`, -1 at each further one, and nothing until it happened for the first
    time. With `over` the number is divided by that signal, or by the first of two minus the second, and there is none
    while the divisor is below `least`: power per degree, litres per turn.

    There is no number unless every signal of the channel and of its gates is in the message (the same device time)
    and every gate of `when` holds. While a gate of `only` does not hold the number is 0: for differences that count
    only under a condition, 0 being "on target". `subject` is the place of the signal that is shown as the cause.
    """

    label: str
    unit: str
    signals: tuple[str, ...]
    how: How = "value"
    when: tuple[Gate, ...] = ()
    only: tuple[Gate, ...] = ()
    subject: int = 0
    over: tuple[str, ...] = ()
    least: float = 1e-9
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Watch:
    """One detector on one channel.

    `symptom` is the name that fault signatures use; a two-sided detector adds ``:high`` or ``:low``. `unusual` says
    that a lasting symptom which no named fault explains may be raised as unusual behaviour. A watch of `vitals`
    judges a person: it sees nothing unless the device's owner agreed to that.
    """

    symptom: str
    detector: str
    channel: Channel
    parameters: Mapping[str, float] = field(default_factory=dict)
    unusual: bool = False
    vitals: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything watched on a device type.

    After `silent_after_s` at the soonest a silence is shown to staff (0: it means nothing, as with a parked car), after
    `silent_lasting_s` the owner may be told; both later for a device that often comes back by itself.
    """

    device_type: str
    watches: tuple[Watch, ...]
    silent_after_s: int = 0
    silent_lasting_s: int = 86_400


MINUTE = 60_000.0
HOUR = 3_600_000.0
DAY = 86_400_000.0


def plain(label: str, unit: str, signal: str, *when: Gate) -> Channel:
    """The signal itself, while the gates hold."""
    return Channel(label, unit, (signal,), when=when)


def seasonal(symptom: str, channel: Channel, **parameters: float) -> Watch:
    """A watch for values outside the series' own habits; by itself it can show unusual behaviour."""
    return Watch(symptom, "seasonal", channel, parameters, unusual=True)


def hint(symptom: str, channel: Channel, **parameters: float) -> Watch:
    """Likewise, but it speaks only as a part of a signature."""
    return Watch(symptom, "seasonal", channel, parameters)


def departure(symptom: str, channel: Channel, **parameters: float) -> Watch:
    """A watch for what creeps away from the series' own reference."""
    return Watch(symptom, "departure", channel, parameters)


def shift(symptom: str, channel: Channel, **parameters: float) -> Watch:
    """A watch for a level that has moved and stays."""
    return Watch(symptom, "shift", channel, parameters)


def variance(symptom: str, channel: Channel, **parameters: float) -> Watch:
    """A watch for a spread that has changed."""
    return Watch(symptom, "variance", channel, parameters)


def rate(symptom: str, channel: Channel, **parameters: float) -> Watch:
    """A watch for too many or too few events per time."""
    return Watch(symptom, "rate", channel, parameters)


def drift(symptom: str, channel: Channel, **parameters: float) -> Watch:
    """A watch for a trend that will reach a limit; its finding says when."""
    return Watch(symptom, "drift", channel, parameters)


def vitals(watch: Watch) -> Watch:
    """The watch, for people who agreed that their vital signs are judged."""
    return replace(watch, vitals=True)


def limit(symptom: str, channel: Channel, **parameters: float) -> Watch:
    """A watch for values beyond a fixed limit."""
    return Watch(symptom, "limit", channel, parameters)


def stuck(channel: Channel, **parameters: float) -> Watch:
    """A watch for a sensor that stands still."""
    return Watch("stuck", "stuck", channel, parameters)


def spikes(channel: Channel, **parameters: float) -> Watch:
    """A watch for a sensor whose readings jump away and come back."""
    return Watch("spikes", "spike", channel, parameters)


def missing(channel: Channel, beside: str, **parameters: float) -> Watch:
    """A watch for a sensor that is missing from messages in which `beside` comes and the channel's gates hold.

    The share of a quarter of a day is held against the device's own: a fifth of the messages is worth a look, less
    meets a bus that is busy at times. A device that never sent the signal, or sends each signal alone, shows nothing.
    """
    apart = replace(channel, how="missing", unit="1", beside=beside)
    usual = {"span_ms": HOUR * 6, "learn": 8, "floor_sd": 0.04, "side": 1, "enter": 5, "leave": 2, "hold_ms": HOUR}
    return Watch("missing", "departure", apart, {**usual, **parameters})
