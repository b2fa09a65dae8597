"""A wristband: what it reads of its wearer, and a battery that is charged when it gets low.

Reports every five minutes while it has power. Heart and breath are missing while it is off the wrist. A loose strap
shows first where there is least contact: in the optical signal, then in the pulse, then in whether it is worn at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from device_sim.models.machine import Columns, Day, Floats, Identity, Rows, State, Wear, measured, quantised, ticks
from device_sim.models.wearer import KNOBS, RESTING, RUNNING, SLEEPING, WALKING, Wearer, own_hours, training
from ingest.wire.device_types.wearable import WEARABLE

Flags = NDArray[np.bool_]
CHARGE_PER_TICK = 7.5  # % in five minutes: full in about an hour
LOW = 28.0  # % at which a careful wearer reaches for the charger
NIGHT_TICKS = 12  # with a pulse: fewer say nothing about a night


class Wearable:
    """The band and the person who wears it."""

    signals: ClassVar[tuple[str, ...]] = tuple(signal.name for signal in WEARABLE.signals)
    knobs: ClassVar[Mapping[str, str]] = {
        **KNOBS,
        "battery_health": "part of its capacity that the battery has left; its resistance grows as it falls",
        "usage": "1 worn as usual; below a half the band lies in a drawer",
        "firmware": "1 a sound firmware; towards 0 the pulse is read badly and the battery lasts half as long",
        "fit": "1 a strap that fits; towards 0 it is too loose to read",
    }

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._wearer = Wearer.of(identity)

    def first_state(self) -> State:
        """At rest, with a battery somewhere between its charges."""
        level = 40 + 55 * self._identity.chance("battery").random()
        return {"level": level, "charging": 0.0, "rate_drift": 0.0, "resting": np.round(self._wearer.resting_rate - 6)}

    def day(self, day: Day, state: State, wear: Wear) -> tuple[Rows, State]:
        """Live through one day; no rows while the battery is empty."""
        chance = self._identity.chance("life", day)
        ts = ticks(day, WEARABLE.period_s, chance, self._wearer.phase_s)
        hours = own_hours(day, ts, wear)
        activity = self._wearer.activity(day, hours, training(self._identity, day, ts, wear), chance)
        worn = wear.knob("usage", ts) > 0.5
        drain = (1 + 1.1 * (1.0 - wear.knob("firmware", ts))) / wear.knob("battery_health", ts)
        battery = self._battery(state, hours, activity, drain, worn)
        raised = 10.0 * (wear.knob("resting", ts) - 1.0)
        drift, rate = self._wearer.heart(state["rate_drift"], activity, hours, raised, chance)
        columns = self._report(activity, rate, battery, chance)
        columns["skin_temp"] = quantised(columns["skin_temp"] + 0.04 * raised, 0.1)
        motion = self._identity.chance("motion", day)
        columns |= _moved(activity, columns, motion)
        columns = _read(columns, activity, 1.0 - wear.knob("fit", ts), 1.0 - wear.knob("firmware", ts), motion)
        columns = _put_aside(columns, ~worn)
        columns["resting_heart_rate"] = _resting(columns["heart_rate"], activity, state["resting"])
        now = {"level": float(battery["level"][-1]), "charging": float(battery["charging"][-1]), "rate_drift": drift}
        now["resting"] = float(columns["resting_heart_rate"][-1])
        return Rows(ts, columns).keep(battery["level"] > 0), now

    def _battery(self, state: State, hours: Floats, activity: Floats, drain: Floats, worn: Flags) -> Columns:
        """Level and charging at each tick. An empty band waits for its wearer to wake and find the charger."""
        level, charging = state["level"], state["charging"]
        levels, plugged = np.empty(len(hours)), np.empty(len(hours))
        spent = 100 / (self._wearer.life_h * 12) * np.where(activity == RUNNING, 2.2, 1.0) * drain
        inputs = zip(hours.tolist(), activity.tolist(), spent.tolist(), worn.tolist(), strict=True)
        for index, (hour, doing, used, cared) in enumerate(inputs):
            calm = doing == RESTING and cared
            evening = hour >= self._wearer.charge_hour and level < LOW + 12
            if calm and (level < 12 or evening):
                charging = 1.0
            elif level >= 99.5 or doing in {WALKING, RUNNING}:
                charging = 0.0
            level = min(100.0, level + CHARGE_PER_TICK) if charging else max(0.0, level - used)
            levels[index], plugged[index] = level, charging
        return {"level": levels, "charging": plugged, "load": np.where(activity == RUNNING, 2.2, 1.0) * drain}

    def _report(self, activity: Floats, rate: Floats, battery: Columns, chance: np.random.Generator) -> Columns:
        count, worn = len(activity), battery["charging"] == 0
        beats = measured(rate, chance, 1.2, 1.0)
        breath = measured(9.5 + 0.09 * rate, chance, 0.6, 0.5)
        per_walk, per_run = chance.integers(260, 580, count), chance.integers(680, 860, count)
        fidget = np.where(chance.random(count) < 0.35, chance.integers(0, 45, count), 0)
        steps = np.select(
            [activity == WALKING, activity == RUNNING, activity == RESTING], [per_walk, per_run, fidget], 0
        )
        skin = measured(np.where(activity == SLEEPING, 33.9, 32.8) - 0.5 * (activity == RUNNING), chance, 0.25, 0.1)
        room = measured(np.full(count, 22.5), chance, 0.2, 0.1)
        quality = np.array([96.0, 91.0, 76.0, 62.0])[activity.astype(np.int64)]
        level = battery["level"]
        at_rest = 3.35 + 0.0075 * level + 0.08 * np.clip((level - 86) / 12, 0, 1)
        volts = at_rest - 0.03 * battery["load"] + 0.12 * battery["charging"]
        return {
            "heart_rate": np.where(worn, np.clip(beats, 30, 210), np.nan),
            "respiration_rate": np.where(worn, np.clip(breath, 6, 50), np.nan),
            "skin_temp": np.where(worn, skin, room),
            "activity": np.where(worn, activity, float(RESTING)),
            "steps": np.where(worn, steps, 0.0),
            "skin_contact": worn.astype(np.float64),
            "battery_level": quantised(level, 0.1),
            "battery_voltage": np.clip(measured(volts, chance, 0.006, 0.001), 2.5, 4.5),
            "signal_quality": np.where(worn, np.clip(measured(quality, chance, 3.0, 1.0), 0, 100), 0.0),
        }


def _moved(activity: Floats, columns: Columns, chance: np.random.Generator) -> Columns:
    """Movement (m/s2), the direction while there is one (degrees), and how well the sensor lies on the skin (%)."""
    count, worn = len(activity), columns["skin_contact"] > 0
    doing = activity.astype(np.int64)
    movement = np.array([0.05, 0.18, 1.8, 6.3])[doing] * np.exp(0.35 * chance.standard_normal(count))
    heading = 360 * chance.random(count)
    contact = np.array([96.0, 93.0, 88.0, 82.0])[doing] + 2.0 * chance.standard_normal(count)
    return {
        "movement": quantised(np.where(worn, np.minimum(movement, 40.0), 0.0), 0.01),
        "direction": np.where(worn & (doing >= WALKING), quantised(heading, 5.0), np.nan),
        "contact_quality": np.where(worn, np.clip(quantised(contact, 1.0), 0, 100), 0.0),
    }


def _read(columns: Columns, activity: Floats, loose: Floats, worse: Floats, chance: np.random.Generator) -> Columns:
    """What the band makes of a strap that is `loose` and a firmware that is `worse` (both 0 to 1).

    Without contact there is no pulse; with little the optics follow the swing of the arm: on a walk they count steps.
    """
    count, pulse = len(activity), columns["heart_rate"]
    luck, other, noise = chance.random(count), chance.random(count), chance.standard_normal(count)
    lost = luck < np.maximum(0.55 * loose, 0.3 * worse)
    off = (other < 0.25 * loose) & (columns["skin_contact"] > 0)
    strides = (other > 1 - 0.6 * loose) & (activity >= WALKING)
    read = np.where(strides, columns["steps"] / 5, pulse + np.maximum(loose, 0.6 * worse) * 11.0 * noise)
    worn = (columns["skin_contact"] > 0) & ~off
    heard = np.where(np.isnan(pulse) | lost | off, np.nan, np.clip(np.round(read), 30, 210))
    quality = columns["signal_quality"] - worn * (50.0 * loose + 28.0 * worse + 15.0 * lost)
    return columns | {
        "heart_rate": heard,
        "respiration_rate": np.where(np.isnan(heard), np.nan, columns["respiration_rate"]),
        "skin_temp": quantised(columns["skin_temp"] - (1.4 * loose + 2.5 * off) * (columns["skin_contact"] > 0), 0.1),
        "skin_contact": worn.astype(np.float64),
        "signal_quality": np.clip(np.round(quality), 0, 100),
        "contact_quality": np.clip(np.round(columns["contact_quality"] - worn * 58.0 * loose - 80.0 * off), 0, 100),
    }


def _put_aside(columns: Columns, aside: Flags) -> Columns:
    """The same band in a drawer: no skin, no pulse, no steps, the temperature of the room."""
    still = {"activity": float(RESTING), "steps": 0.0, "skin_contact": 0.0, "signal_quality": 0.0, "movement": 0.0}
    still |= {"contact_quality": 0.0, "heart_rate": np.nan, "respiration_rate": np.nan, "direction": np.nan}
    room = np.round(21.5 + 0.2 * (columns["skin_temp"] - 33.0), 1)
    changed = {name: np.where(aside, value, columns[name]) for name, value in still.items()}
    return columns | changed | {"skin_temp": np.where(aside, room, columns["skin_temp"])}


def _resting(pulse: Floats, activity: Floats, before: float) -> Floats:
    """The tenth percentile of the pulse in sleep, known from getting up on; until then that of the night `before`."""
    up = np.flatnonzero(activity != SLEEPING)
    first = int(up[0]) if len(up) else len(pulse)
    night = pulse[:first]
    night = night[~np.isnan(night)]
    known = float(np.round(np.percentile(night, 10))) if len(night) >= NIGHT_TICKS else before
    return np.where(np.arange(len(pulse)) < first, before, known)
