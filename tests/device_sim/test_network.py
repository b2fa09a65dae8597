"""What a line does to packets and clocks: pure, the same however it is cut, and as often as the spec says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies

from device_sim.models.machine import DAY_MS, HOUR_MS
from device_sim.network import HELD_MS, PERFECT, REPEAT_WITHIN_MS, SECOND_MS, STORM_MS, Counts, Line, NetworkSpec
from device_sim.payload import Packet

START = 1_780_000_000_000
BAD = NetworkSpec(
    loss=0.05,
    duplicates=0.05,
    reorder=0.02,
    delay_s=3.0,
    clock_skew_s=40.0,
    clock_resets_per_day=1.0,
    clock_lost_h=2.0,
    offline_per_day=2.0,
    offline_h=5.0,
    broker_restarts_per_day=3.0,
    broker_away_s=120.0,
)


def minutes(count: int, start: int = START) -> list[Packet]:
    return [Packet("d", start + 60_000 * number, "telemetry", b"%d" % number, 1) for number in range(count)]


def instants(count: int, step_ms: int = 60_000) -> np.ndarray:
    return START + step_ms * np.arange(count, dtype=np.int64)


def test_a_perfect_network_changes_nothing() -> None:
    line, packets = Line(PERFECT, 1, "d"), minutes(500)
    assert line.carry(packets) == packets
    assert line.leaves_ms(instants(500)).tolist() == instants(500).tolist()
    assert not line.clock_error_ms(instants(500)).any()
    assert line.outages(START, START + 30 * DAY_MS) == line.broker_away(START, START + 30 * DAY_MS) == []
    assert line.counts == Counts(packets=500)
    assert PERFECT.perfect
    assert not BAD.perfect


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(strategies.integers(0, 50), strategies.lists(strategies.integers(1, 2999), max_size=6, unique=True))
def test_any_cutting_gives_the_same_packets_rows_and_clock(seed: int, cuts: list[int]) -> None:
    packets, ts, edges = minutes(3000), instants(3000), [0, *sorted(cuts), 3000]
    whole, parts = Line(BAD, seed, "d"), Line(BAD, seed, "d")
    pieces = [parts.carry(packets[one:two]) for one, two in pairwise(edges)]
    assert Counter(whole.carry(packets)) == Counter(packet for piece in pieces for packet in piece)
    for ask in ("leaves_ms", "clock_error_ms"):
        cut = [getattr(parts, ask)(ts[one:two]) for one, two in pairwise(edges)]
        assert np.concatenate(cut).tolist() == getattr(whole, ask)(ts).tolist()
    assert whole.counts == parts.counts


def test_packets_come_in_order_of_arrival_and_never_before_they_left() -> None:
    packets = minutes(5000)
    left = {packet.payload: packet.at_ms for packet in packets}
    heard = Line(BAD, 3, "d").carry(packets)
    assert [packet.at_ms for packet in heard] == sorted(packet.at_ms for packet in heard)
    most = HELD_MS + SECOND_MS + 3_000 + 2 * (120_000 + STORM_MS) + REPEAT_WITHIN_MS
    assert all(0 <= packet.at_ms - left[packet.payload] <= most for packet in heard)


def test_shares_are_what_the_spec_says_and_the_counts_balance() -> None:
    spec = NetworkSpec(loss=0.1, duplicates=0.2, reorder=0.05)
    line = Line(spec, 5, "d")
    heard = line.carry(minutes(20_000))
    counts = line.counts
    assert counts.lost / 20_000 == pytest.approx(0.1, abs=0.01)
    assert counts.duplicates / (20_000 - counts.lost) == pytest.approx(0.2, abs=0.015)
    assert counts.overtaken / (20_000 - counts.lost) == pytest.approx(0.05, abs=0.01)
    assert len(heard) == 20_000 - counts.lost + counts.duplicates + counts.repeated


def test_packets_that_leave_at_one_instant_have_each_their_own_fate() -> None:
    burst = [Packet("d", START, "telemetry", b"%d" % number, 1) for number in range(2000)]
    line = Line(NetworkSpec(loss=0.5), 1, "d")
    line.carry(burst)
    assert 800 < line.counts.lost < 1200


def test_ordinary_delay_lets_no_packet_overtake_another() -> None:
    packets = [replace(packet, at_ms=START + 400 * number) for number, packet in enumerate(minutes(20_000))]
    line = Line(NetworkSpec(delay_s=20.0), 2, "d")
    heard = line.carry(packets)
    assert [packet.payload for packet in heard] == [packet.payload for packet in packets]
    delays = [after.at_ms - before.at_ms for before, after in zip(packets, heard, strict=True)]
    assert 0 <= min(delays) < 5_000
    assert 12_000 < max(delays) <= 20_000


def test_rows_of_an_outage_leave_together_when_it_ends() -> None:
    spec, ts = NetworkSpec(offline_per_day=2.0, offline_h=6.0), instants(10 * 1440)
    line = Line(spec, 4, "d")
    leaves, outages = line.leaves_ms(ts), line.outages(START, START + 10 * DAY_MS)
    assert 20 <= len(outages) <= 21
    for begin, end in outages:
        assert set(leaves[(ts >= begin) & (ts < end)].tolist()) <= {end}
    inside = np.zeros(len(ts), bool)
    for begin, end in outages:
        inside |= (ts >= begin) & (ts < end)
    assert (leaves[~inside] == ts[~inside]).all()
    assert (np.diff(leaves) >= 0).all()
    assert line.counts.late_rows == inside.sum()


def test_a_clock_is_steadily_off_and_counts_from_1970_after_a_reset() -> None:
    ts = instants(20 * 1440)
    line = Line(NetworkSpec(clock_skew_s=60.0, clock_resets_per_day=1.0, clock_lost_h=3.0), 6, "d")
    error = line.clock_error_ms(ts)
    reset = np.abs(error) > 60_000
    assert 0 < reset.mean() < 0.125
    assert len(set(error[~reset].tolist())) == 1
    told = (ts + error)[reset]
    assert told.min() >= 0
    assert told.max() < 3 * HOUR_MS


def test_a_broker_restart_strikes_every_device_at_once_and_all_come_back_within_the_storm() -> None:
    spec = NetworkSpec(broker_restarts_per_day=1.0, broker_away_s=300.0)
    lines = [Line(spec, 7, f"d-{number}") for number in range(50)]
    away = lines[0].broker_away(START, START + 3 * DAY_MS)
    assert all(line.broker_away(START, START + 3 * DAY_MS) == away for line in lines)
    begin, end = away[0]
    assert end - begin == 300_000
    during = [Packet("d", begin + 1000 * number, "telemetry", b"%d" % number, 1) for number in range(-1, 300)]
    back = set()
    for line in lines:
        heard = line.carry(during)
        assert line.counts.repeated == 1  # what came a second before was not acknowledged
        late = {packet.at_ms for packet in heard if packet.at_ms >= begin}
        assert len(late) == 1
        back |= late
    assert end <= min(back)
    assert max(back) <= end + STORM_MS
    assert len(back) > 40


def test_devices_and_seeds_have_chances_of_their_own() -> None:
    packets = minutes(1000)
    one, other, again = (Line(BAD, seed, device) for seed, device in ((1, "a"), (1, "b"), (2, "a")))
    heard = [tuple(line.carry(packets)) for line in (one, other, again)]
    assert len(set(heard)) == 3
    assert heard[0] == tuple(Line(BAD, 1, "a").carry(packets))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"loss": 1.5}, "loss is 1.5, it goes from 0 to 1"),
        ({"delay_s": -1.0}, "delay_s is -1"),
        ({"duplicates": float("nan")}, "duplicates is nan"),
        ({"offline_per_day": 2.0}, "offline_h is 0, but offline_per_day is not"),
        ({"offline_per_day": 5.0, "offline_h": 6.0}, "offline_per_day times offline_h is more than a day"),
    ],
)
def test_a_network_that_makes_no_sense_is_refused_by_name(given: dict[str, float], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        NetworkSpec(**given)


def test_no_packets_and_no_instants_are_no_trouble() -> None:
    line, none = Line(BAD, 1, "d"), np.empty(0, np.int64)
    assert line.carry([]) == []
    assert len(line.leaves_ms(none)) == len(line.clock_error_ms(none)) == 0


def test_counts_add_up() -> None:
    total = Counts(packets=2, lost=1)
    total.add(Counts(packets=3, repeated=4))
    assert total == Counts(packets=5, lost=1, repeated=4)
