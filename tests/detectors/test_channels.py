"""What a channel makes of the signals of a message."""

from __future__ import annotations

import math

import numpy as np
import pytest

from detectors.algorithms.state import SlotState
from detectors.engine.derive import SIGNAL_FIELDS, WATCH_FIELDS, derive
from detectors.engine.fleet import FIELDS
from detectors.engine.program import _Tables
from detectors.faults.profile import Channel, Gate, Profile, limit
from ingest.wire.device_types.heat_pump import HEAT_PUMP

MINUTE = 60_000


def numbers(channel: Channel, **columns: list[float]) -> list[float]:
    """The channel's numbers for messages a minute apart; NaN: the signal is not in that message."""
    tables = _Tables()
    tables.add(HEAT_PUMP, Profile("heat_pump", (limit("x", channel),)))
    program = tables.program()
    fleet = SlotState("fleet", "1", FIELDS)
    fleet.grow(1)
    fleet.set(0, signals=program.types["heat_pump"].signals, watches=1)
    signals, watches = SlotState("signals", "1", SIGNAL_FIELDS), SlotState("watches", "1", WATCH_FIELDS)
    signals.grow(program.types["heat_pump"].signals)
    watches.grow(1)
    rows = [
        (HEAT_PUMP.signal(name).number, MINUTE * (at + 1), column[at])
        for at in range(len(next(iter(columns.values()))))
        for name, column in columns.items()
        if not math.isnan(column[at])
    ]
    signal, ts, value = (np.array(part) for part in zip(*rows, strict=True))
    samples, _ = derive(program, fleet.rows, (signals, watches), (np.zeros(len(rows), np.int64), signal, ts, value))
    return list(samples.value)


def test_a_number_over_a_difference_is_power_per_degree_and_nothing_while_the_degrees_are_few() -> None:
    per_degree = Channel("Power per degree", "W/K", ("power",), over=("supply_temp", "outdoor_temp"), least=5.0)
    found = numbers(per_degree, power=[600, 600, 900], supply_temp=[35, 12, 40], outdoor_temp=[5, 10, -5])
    assert found == pytest.approx([20, 20])


def test_a_divisor_that_is_not_in_the_message_gives_no_number() -> None:
    per_turn = Channel("Power per turn", "W/Hz", ("power",), over=("compressor_speed",), least=1.0)
    assert numbers(per_turn, power=[600, 600], compressor_speed=[30, math.nan]) == [20]


def test_a_difference_may_be_divided_too() -> None:
    spread = Channel("Spread per flow", "K", ("supply_temp", "return_temp"), "difference", over=("flow_rate",))
    assert numbers(spread, supply_temp=[35], return_temp=[30], flow_rate=[10]) == [0.5]


def test_a_counter_grows_at_its_rate_and_says_nothing_where_it_starts_again() -> None:
    rate = Channel("Energy", "W", ("power",), "rise_per_hour")
    assert numbers(rate, power=[100, 101, 101, 3, 4]) == pytest.approx([60, 0, 60])


def test_a_closed_gate_keeps_a_counter_from_counting() -> None:
    rate = Channel("Energy", "W", ("power",), "rise_per_hour", when=(Gate("flow_rate", low=1),))
    assert numbers(rate, power=[100, 101, 102], flow_rate=[5, 0, 5]) == pytest.approx([60])


def apart(*when: Gate) -> Channel:
    return Channel("Supply temperature", "1", ("supply_temp",), "missing", when=when, beside="return_temp")


def test_a_signal_that_its_companion_comes_without_is_told_at_the_next_message() -> None:
    found = numbers(apart(), supply_temp=[35, math.nan, 35, math.nan, 35], return_temp=[30, 30, 30, math.nan, 30])
    assert found == [0, 1, 0]


def test_the_order_within_a_message_does_not_make_a_signal_missing() -> None:
    first = {"supply_temp": [35, math.nan, 35, 35], "return_temp": [30, 30, 30, 30]}
    last = {name: first[name] for name in reversed(first)}
    assert numbers(apart(), **first) == numbers(apart(), **last) == [0, 1, 0]


def test_a_signal_that_was_never_heard_is_not_missing() -> None:
    assert numbers(apart(), supply_temp=[math.nan] * 3, return_temp=[30] * 3) == []


def test_a_signal_is_missed_only_while_the_gates_hold() -> None:
    gone, there = math.nan, 35.0
    found = numbers(
        apart(Gate("mode", low=1)), supply_temp=[there, gone, gone, there], return_temp=[30] * 4, mode=[1, 1, 0, 1]
    )
    assert found == [0, 1]
