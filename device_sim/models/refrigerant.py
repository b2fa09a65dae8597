"""The refrigerant circuit of a heat pump: what a compressor speed makes of air and water temperatures."""

from __future__ import annotations

import math
from dataclasses import dataclass

# Saturation line of R-32, ln p[bar] = A - B / T[K], through 5.83 bar at -10 Cel and 8.13 bar at 0 Cel: within 1 %
# of tables from -25 to 25 Cel, within 3 % at 60 Cel.
_A, _B = 10.849, 2391.0
ENOUGH = 0.95  # a charge above this works like a full one
SUPERHEAT = 5.5  # K, what the expansion valve holds while it has refrigerant to give


def saturation_pressure(celsius: float) -> float:
    """Absolute pressure in bar at which R-32 boils at that temperature."""
    return math.exp(_A - _B / (celsius + 273.15))


@dataclass(frozen=True, slots=True)
class Condition:
    """What is left of a circuit, each 1 when new.

    The refrigerant, the compression of valves and rings, and the air that the outdoor fan moves.
    """

    charge: float = 1.0
    compression: float = 1.0
    air: float = 1.0


@dataclass(frozen=True, slots=True)
class Run:
    """What the circuit does in one step: heat into the water and power (kW), temperatures (Cel), superheat (K)."""

    heat_kw: float
    power_kw: float
    evaporator: float
    discharge: float
    superheat: float = math.nan


@dataclass(frozen=True, slots=True)
class Circuit:
    """A circuit by its heat at 90 Hz and 0 Cel evaporation, and its part of the Carnot efficiency."""

    nominal_kw: float
    quality: float

    def run(
        self, speed: float, outdoor: float, condenser: float, ice: float, condition: Condition, *, reverse: bool
    ) -> Run:
        """One step at `speed` Hz. `reverse` is a defrost: heat is taken from the water to melt the ice.

        Lost charge starves the evaporator. Worn valves and rings pass less gas, so it starves less, and gas that is
        compressed twice comes out hotter. Lost air makes the evaporator work further below the outdoor air.
        """
        if not speed:
            return Run(0.0, 0.0, outdoor, outdoor + 6.0)
        lack, slip = max(0.0, ENOUGH - condition.charge), 1.0 - condition.compression
        if reverse:
            return Run(-0.35 * self.nominal_kw, 0.75, 4.0 - 20.0 * lack, condenser + 12.0, 1.0)
        approach = 3.0 + 5.0 * speed / 90.0
        evaporator = outdoor - 3.0 - 5.0 * speed / 90.0 - 4.0 * ice * ice - 26.0 * lack
        evaporator += 0.6 * approach * (slip + 1.0 - 1.0 / condition.air)
        heat = self.nominal_kw * speed / 90.0 * max(0.3, 1.0 + 0.021 * evaporator) * (1.0 - 0.5 * lack) * (1.0 - slip)
        lift = max(12.0, condenser - evaporator)
        efficiency = self.quality * (condenser + 273.15) / lift * (1.0 - 0.35 * lack) * (1.0 - 0.85 * slip)
        discharge = condenser + 14.0 + 0.38 * lift + 55.0 * lack + 34.0 * slip
        return Run(heat, heat / efficiency, evaporator, min(140.0, discharge), SUPERHEAT + 45.0 * lack)

    def standing(self, celsius: float, charge: float) -> float:
        """Pressure in bar while nothing runs: saturation, or less once so little is left that none is liquid."""
        return saturation_pressure(celsius) * (1.0 - 0.9 * max(0.0, 0.85 - charge))
