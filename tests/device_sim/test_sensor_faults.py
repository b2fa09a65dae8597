"""What goes wrong between a device and what it says: one signal, or the radio, whatever the device."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from device_sim.faults import FAULTS
from device_sim.faults.fault import Occurrence
from device_sim.faults.sensors import SIGNALS, SIZES
from device_sim.models import MODELS
from device_sim.models.chance import generator
from device_sim.models.machine import Rows
from device_sim.stream import DeviceSpec, DeviceStream
from ingest.wire.device_types import DEVICE_TYPES

DAY = 86_400_000
START = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp() * 1000)
ONSET, FAILURE, END = START + 3 * DAY, START + 6 * DAY, START + 10 * DAY
SENSOR_FAULTS = ("sensor_stuck", "sensor_drift", "sensor_spikes", "sensor_dropout", "intermittent_contact")


def lives(fault: str, kind: str, seed: int = 1) -> tuple[Rows, Rows, Occurrence]:
    spec = DeviceSpec(f"{kind}-1", kind, "m", "1", "l", "o", "Europe/Berlin")
    truth = FAULTS.get(fault).draw(generator(seed, fault), spec.id, kind, ONSET, FAILURE)
    healthy = DeviceStream(spec, seed, START).window(ONSET, END)
    return healthy, DeviceStream(spec, seed, START, [truth]).window(ONSET, END), truth


def both(rows: Rows, other: Rows, signal: str) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], ...]:
    """The signal in both lives where both tell it."""
    one, two = rows.columns[signal], other.columns[signal]
    heard = np.isfinite(one) & np.isfinite(two)
    return one[heard], two[heard]


@pytest.mark.parametrize("kind", list(MODELS))
def test_every_kind_of_device_has_sensors_that_fail_and_an_error_of_each(kind: str) -> None:
    known = {signal.name for signal in DEVICE_TYPES.get(kind).signals}
    assert SIGNALS[kind]
    assert set(SIGNALS[kind]) <= known & set(SIZES)
    assert all(FAULTS.get(fault).strikes(kind) for fault in SENSOR_FAULTS)


@pytest.mark.parametrize("fault", SENSOR_FAULTS)
@pytest.mark.parametrize("kind", list(MODELS))
def test_a_bad_sensor_touches_no_other_signal_and_no_message(kind: str, fault: str) -> None:
    healthy, ailing, truth = lives(fault, kind)
    assert healthy.ts.tobytes() == ailing.ts.tobytes()
    for signal in healthy.columns:
        if signal != truth.signal:
            assert healthy.columns[signal].tobytes() == ailing.columns[signal].tobytes(), signal


@pytest.mark.parametrize("kind", list(MODELS))
def test_a_drift_grows_to_one_side_and_keeps_the_digits_of_the_sensor(kind: str) -> None:
    healthy, ailing, truth = lives("sensor_drift", kind)
    late = both(healthy.between(FAILURE, END), ailing.between(FAILURE, END), truth.signal)
    size = SIZES[truth.signal]
    if len(late[0]):
        assert abs(np.median(late[1] - late[0])) == pytest.approx(truth.depth * size, rel=0.2)
    early = both(healthy.between(ONSET, ONSET + DAY), ailing.between(ONSET, ONSET + DAY), truth.signal)
    if len(early[0]):
        assert np.abs(early[1] - early[0]).max() <= 0.4 * truth.depth * size
    values = ailing.columns[truth.signal]
    values = values[np.isfinite(values)]
    assert np.allclose(values, np.round(values, 3), atol=1e-9)


@pytest.mark.parametrize("kind", ["heat_pump", "room_sensor", "wearable", "freezer", "water_meter"])
def test_spikes_are_few_large_and_to_both_sides(kind: str) -> None:
    healthy, ailing, truth = lives("sensor_spikes", kind)
    one, other = both(healthy, ailing, truth.signal)
    off = other - one
    hit = off != 0
    assert 0.01 < hit.mean() < 0.15
    assert np.median(np.abs(off[hit])) > 2 * SIZES[truth.signal]
    assert (off > 0).any()
    assert (off < 0).any()


@pytest.mark.parametrize("kind", ["heat_pump", "room_sensor", "wearable", "freezer", "water_meter"])
def test_what_drops_out_is_missing_more_and_more_and_what_is_heard_is_right(kind: str) -> None:
    healthy, ailing, truth = lives("sensor_dropout", kind)
    one, other = both(healthy, ailing, truth.signal)
    assert np.array_equal(one, other)

    def heard(start: int, end: int) -> float:
        there = np.isfinite(healthy.between(start, end).columns[truth.signal])
        return float(np.isfinite(ailing.between(start, end).columns[truth.signal])[there].mean())

    assert heard(FAILURE, END) < heard(ONSET, ONSET + DAY) - 0.3


@pytest.mark.parametrize("kind", ["heat_pump", "room_sensor", "wearable", "freezer", "water_meter"])
def test_a_loose_plug_is_missing_or_far_off_for_hours_and_then_right(kind: str) -> None:
    healthy, ailing, truth = lives("intermittent_contact", kind)
    before, after = healthy.columns[truth.signal], ailing.columns[truth.signal]
    bad = np.isfinite(before) & ~(after == before)
    assert 0.1 < bad[np.isfinite(before)].mean() < 0.6
    assert np.isnan(after[bad]).any()
    assert (after[bad][np.isfinite(after[bad])] < before[bad][np.isfinite(after[bad])]).all()


@pytest.mark.parametrize("kind", ["heat_pump", "hub", "room_sensor", "freezer"])
def test_a_flapping_radio_loses_messages_in_holes_and_changes_no_reading(kind: str) -> None:
    healthy, ailing, _ = lives("wifi_flapping", kind)
    kept = np.isin(healthy.ts, ailing.ts)
    assert 0.4 < kept.mean() < 0.9
    assert set(ailing.ts.tolist()) <= set(healthy.ts.tolist())
    gaps = np.diff(ailing.ts)
    assert (gaps > 2.5 * np.median(np.diff(healthy.ts))).sum() > 5
    for signal in set(healthy.columns) - {"rssi"}:
        assert np.array_equal(healthy.columns[signal][kept], ailing.columns[signal], equal_nan=True)
