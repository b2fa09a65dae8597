"""The traction battery of an electric car: 96 cell groups in series, their charge, voltage, heat and spread.

Every group has the open-circuit voltage of a nickel-manganese-cobalt cell by its charge, and a resistance that cold
and age raise. The pack is one thermal mass beside the motor's; one coolant loop carries the heat of both away, and
evens out the pack. A weak group lacks part of the pack's charge, so that it is the lowest wherever the curve is steep.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from device_sim.models.machine import Columns, Floats, Identity, measured, quantised

CELLS = 96
CHARGE = np.array([0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.0])
OPEN_VOLTAGE = np.array([3.05, 3.36, 3.46, 3.56, 3.63, 3.69, 3.81, 3.95, 4.06, 4.18])  # V of a cell at that charge
PACK_MASS, MOTOR_MASS = 330.0, 20.0  # kJ/K


@dataclass(frozen=True, slots=True)
class Pack:
    """What the pack stands at after each step: power in kW and current in A into it, charge 0 to 1, Cel."""

    power: Floats
    current: Floats
    charge: Floats
    cells: Floats  # mean cell voltage
    pack_temp: Floats
    motor_temp: Floats


@dataclass(frozen=True, slots=True)
class Ageing:
    """What faults have done at each step, each 1 on a healthy car: see `TractionBattery.knobs`."""

    health: Floats
    balance: Floats
    flow: Floats


@dataclass(frozen=True, slots=True)
class TractionBattery:
    """A pack as it left the factory: kWh, ohms of the whole pack at 25 Cel, and its own spread of cells in V and K."""

    capacity: float
    resistance: float
    spread: float
    uneven: float

    knobs: ClassVar[Mapping[str, str]] = {
        "pack_health": "part of its capacity that the pack has left; its resistance grows with the square of the loss",
        "cell_balance": "1 minus the part of the pack's charge that its weakest cell group lacks",
        "coolant_flow": "part of its flow that the coolant loop of battery and motor still has",
    }

    @staticmethod
    def of(identity: Identity) -> TractionBattery:
        """The pack of this car."""
        chance = identity.chance("pack")
        return TractionBattery(
            capacity=chance.uniform(52, 78),
            resistance=chance.uniform(0.075, 0.1),
            spread=chance.uniform(0.004, 0.009),
            uneven=chance.uniform(0.8, 1.6),
        )

    def work(
        self, start: tuple[float, float, float], power: Floats, outdoor: Floats, age: Ageing, step_s: float
    ) -> tuple[tuple[float, float, float], Pack]:
        """Steps of `step_s` at `power` (kW into the pack): (charge, pack, motor) to go on with, and every step.

        Below -20 Cel and above 60 Cel nothing is different: the electronics would limit power there.
        """
        charge, pack, motor = start
        out = np.empty((5, len(power)))
        columns = (power, outdoor, age.health, age.flow)
        for at, (kw, air, health, flow) in enumerate(zip(*(one.tolist() for one in columns), strict=True)):
            rest = CELLS * float(np.interp(charge, CHARGE, OPEN_VOLTAGE))
            ohm = self.resistance * (math.exp(-0.022 * (pack - 25))) / health**2
            current = 1000 * kw / rest  # first guess; a second one settles it to about 1 V
            current = 1000 * kw / max(rest + current * ohm, 0.6 * rest)
            charge = min(1.0, max(0.01, charge + kw * step_s / 3600 / (self.capacity * health)))
            heat = current * current * ohm / 1000 + 0.012 * abs(kw)
            pack += step_s / PACK_MASS * (heat - 0.012 * (pack - air) - 0.2 * flow * max(0.0, pack - 29))
            lost = (0.11 if kw < 0 else 0.05) * abs(kw)
            motor += step_s / MOTOR_MASS * (lost - (0.012 + 0.06 * flow) * (motor - air))
            out[:, at] = current, charge, rest / CELLS + current * ohm / CELLS, pack, motor
        return (charge, pack, motor), Pack(power, *out)

    def report(self, pack: Pack, age: Ageing, chance: np.random.Generator) -> Columns:
        """What the battery's own electronics say."""
        lacks = 1 - age.balance
        weak = np.interp(pack.charge, CHARGE, OPEN_VOLTAGE) - np.interp(
            np.clip(pack.charge - lacks, 0, 1), CHARGE, OPEN_VOLTAGE
        )
        apart = self.spread * (1 + np.abs(pack.current) / 150 / age.health)
        hot = self.uneven * (1 + np.abs(pack.current) / 120) + (1 - age.flow) * np.clip(
            0.25 * (pack.motor_temp - pack.pack_temp), 0, 18
        )
        lowest = np.clip(pack.cells - apart - weak, 2.0, 4.5)
        return {
            "charge_level": quantised(100 * pack.charge, 0.5),
            "pack_voltage": measured(CELLS * pack.cells - weak, chance, 0.3, 0.5),
            "pack_current": measured(pack.current, chance, 0.4, 0.1),
            "cell_voltage_min": measured(lowest, chance, 0.001, 0.001),
            "cell_voltage_max": measured(pack.cells + apart, chance, 0.001, 0.001),
            "pack_temp_min": measured(pack.pack_temp - hot / 2, chance, 0.2, 0.5),
            "pack_temp_max": measured(pack.pack_temp + hot / 2, chance, 0.2, 0.5),
            "motor_temp": np.clip(measured(pack.motor_temp, chance, 0.4, 1.0), -50, 240),
        }

    def usable(self, charge: Floats, age: Ageing) -> Floats:
        """Energy in kWh that can be drawn until the weakest cell group is empty."""
        return self.capacity * age.health * np.clip(charge - (1 - age.balance), 0, 1)
