from __future__ import annotations

import pytest

from detectors.fleet.topology import RETURN_MS, Child, Hub, explains, is_over, slack

MINUTE, HOUR = 60_000, 3_600_000
T = 1_767_225_600_000
CHILD = Child("room_sensor", T)


@pytest.mark.parametrize(
    ("hub", "explained"),
    [
        (Hub(silent_since=T - 4 * MINUTE, heard=T - 4 * MINUTE), True),
        (Hub(silent_since=T + 9 * MINUTE), True),
        (Hub(heard=T + 3 * MINUTE), True),  # nobody has found it silent yet
        (Hub(heard=T + 5 * HOUR), False),  # it talks on: the device is alone
        (Hub(silent_since=T + 5 * HOUR), False),  # it fell silent long after the device
        (Hub(silent_since=T - 5 * HOUR), False),  # the device had spoken without it
        (Hub(), False),  # it never said anything
        (Hub(silent_since=T, back=T + 3 * HOUR, heard=T + 9 * HOUR), True),  # told late, when all is over
    ],
)
def test_a_silence_is_the_hub_s_when_both_were_last_heard_together(hub: Hub, explained: bool) -> None:
    assert explains(hub, "hub", CHILD) is explained


def test_a_device_may_take_its_time_when_the_hub_is_back() -> None:
    back = T + 6 * HOUR
    assert not is_over(Hub(silent_since=T, heard=back + RETURN_MS), CHILD)
    assert not is_over(Hub(T, back, heard=back + RETURN_MS - 1), CHILD)
    assert is_over(Hub(T, back, heard=back + RETURN_MS), CHILD)


def test_a_hub_that_went_away_too_shortly_to_be_missed_is_waited_for_as_well() -> None:
    heard = T + slack("room_sensor")
    assert not is_over(Hub(heard=heard + 1), CHILD)
    assert is_over(Hub(heard=heard + RETURN_MS), CHILD)


def test_an_unknown_type_has_a_period_too() -> None:
    assert slack("of another version") > 0
