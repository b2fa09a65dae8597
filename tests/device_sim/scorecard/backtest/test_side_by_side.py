"""Two policies held side by side, on records written by hand."""

from __future__ import annotations

from device_sim.scorecard.backtest.side_by_side import side_by_side, side_of
from device_sim.scorecard.record import Record
from tests.device_sim.scorecard.hand import case, fleet, found, notice, record, told, wrong


def test_what_only_one_policy_tells_is_won_or_lost() -> None:
    before, now = (side_of(fleet(7, skill), (), complete=True) for skill in (3, 2))
    facts = side_by_side(before, now)
    assert (facts["in_force"]["faults_told"], facts["draft"]["faults_told"]) == (3, 2)
    assert [(one["device"], one["judgement"]) for one in facts["contacts_lost"]] == [("car-2", "right")]
    assert facts["contacts_won"] == []
    assert {one["device"] for one in facts["contacts_both"]} == {"car-0", "car-1", "well-1"}
    assert [device for device, _, _ in facts["faults_lost"]] == ["car-2"]
    assert facts["difference"]["recall"] == -0.25
    assert facts["difference"]["wrong"] == 0


def test_the_same_policy_twice_makes_no_difference() -> None:
    one = side_of(fleet(7), (), complete=True)
    facts = side_by_side(one, one)
    assert set(facts["difference"].values()) <= {0, None}
    assert facts["contacts_lost"] == facts["contacts_won"] == facts["faults_won"] == facts["faults_lost"] == []


def healthy_but_told() -> Record:
    one, other = found("f-1", "car", "coolant_leak", 5), found("f-2", "van", "coolant_leak", 6)
    cases = [case(1, one), case(2, other)]
    return record((), [one, other], cases, [notice(cases[0], one, 5.1), notice(cases[1], other, 6.1)])


def test_without_the_whole_truth_only_what_people_called_wrong_is_wrong() -> None:
    dismissed = (wrong("car", "coolant_leak", 4.9, 4.9, 6),)
    side = side_of(healthy_but_told(), dismissed, complete=False)
    assert [(one.device, one.judgement) for one in side.told] == [("car", "wrong"), ("van", "unknown")]
    assert (side.facts["wrong"], side.facts["unknown"], side.facts["precision"]) == (1, 1, 0.0)
    assert side.facts["false_contacts_per_1000_device_days"] == 2.777778  # 12 devices, 30 days


def test_a_dismissal_of_another_fault_or_time_proves_nothing() -> None:
    dismissed = (wrong("car", "charging_fault", 4, 4, 6), wrong("van", "coolant_leak", 1, 1, 2))
    side = side_of(healthy_but_told(), dismissed, complete=False)
    assert {one.judgement for one in side.told} == {"unknown"}
    assert side.facts["precision"] is None


def test_with_the_whole_truth_whatever_was_not_there_is_wrong() -> None:
    assert {one.judgement for one in side_of(healthy_but_told(), (), complete=True).told} == {"wrong"}
    assert {one.judgement for one in side_of(told(12), (), complete=True).told} == {"right"}
