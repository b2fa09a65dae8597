"""Records written by hand, and the scores that they must get."""

from __future__ import annotations

from dataclasses import replace

import pytest

from detectors.faults.known.general import HELP_REQUESTED
from device_sim.faults import FAULTS
from device_sim.models.machine import DAY_MS, HOUR_MS
from device_sim.scorecard.record import Record, Said, Verdict
from device_sim.scorecard.score import Score, score
from device_sim.scorecard.tally import measures
from tests.device_sim.scorecard.hand import at, case, device, fleet, found, notice, record, told, wrong

HARMLESS = next(name for name, fault in FAULTS.items() if fault.expects == "nothing")
ATTENTION = next(name for name, fault in FAULTS.items() if fault.expects == "attention" and not fault.bout_h)


def measured(one: Record) -> dict[str, float | int | None]:
    return measures(score(one).tally)


def only(made: Score) -> str:
    """The reason of the only fault."""
    (outcome,) = made.outcomes
    return outcome.reason


def test_an_owner_told_six_days_ahead_counts_everywhere() -> None:
    result = measured(told(14))
    assert (result["precision"], result["recall"], result["recall_3d"]) == (1.0, 1.0, 1.0)
    assert result["lead_days_median"] == pytest.approx(6 - 1 / 24, abs=1e-3)
    assert result["onset_to_finding_h_median"] == 96
    assert result["case_to_contact_h_median"] == pytest.approx(59 / 60, abs=1e-3)
    assert result["false_contacts_per_1000_device_days"] == 0


def test_what_befalls_an_owner_who_never_agreed_counts_nowhere_but_one_who_withdrew_counts_on() -> None:
    missed = record([wrong("car", "coolant_leak", 10, 20)])
    (owner,) = missed.customers
    assert measured(missed)["recall"] == 0
    withdrew = replace(missed, said=(Said("c-1", "car", "", "unsubscribed", 0, at(5)),))
    assert measured(withdrew)["recall"] == 0
    never = measured(replace(missed, customers=(replace(owner, consents=()),)))
    assert never["recall"] is never["recall_3d"] is None


def test_a_run_in_which_nothing_happens_has_no_precision_rather_than_a_perfect_one() -> None:
    result = measured(record())
    assert result["precision"] is result["recall"] is result["recall_3d"] is result["lead_days_median"] is None
    assert result["false_contacts_per_1000_device_days"] == 0


def test_told_two_days_ahead_is_recalled_but_too_late() -> None:
    made = score(told(18))
    result = measures(made.tally)
    assert (result["recall"], result["recall_3d"]) == (1.0, 0.0)
    assert only(made) == "too_late"


def test_told_after_the_failure_is_a_negative_lead() -> None:
    assert measured(told(22))["lead_days_median"] == pytest.approx(-2 - 1 / 24, abs=1e-3)


def test_a_contact_before_the_onset_is_wrong_though_the_fault_comes_later() -> None:
    one = told(9)
    made = score(one)
    assert measures(made.tally)["precision"] == 0
    assert measures(made.tally)["false_contacts_per_1000_device_days"] == pytest.approx(1000 / (11 * 30), abs=1e-5)
    assert made.outcomes[0].contact_ms is None


@pytest.mark.parametrize(("hours", "right"), [(23, True), (25, False)])
def test_a_day_of_grace_follows_the_end(hours: float, right: bool) -> None:
    one = found("f", "car", "coolant_leak", 15 + hours / 24)
    of = case(1, one)
    made = score(record([wrong("car", "coolant_leak", 10, 20, 15)], [one], [of], [notice(of, one, 17)]))
    assert made.contacts[0].right is right


def test_a_repair_that_follows_from_the_contact_does_not_take_the_fault_out_of_the_recall() -> None:
    one = told(14)
    mended = replace(one, truth=(replace(one.truth[0], end_ms=at(15)),))
    assert measured(mended)["recall"] == measured(mended)["recall_3d"] == 1.0


def test_a_contact_that_names_another_fault_is_right_but_not_named_right() -> None:
    one = found("f", "car", "charging_fault", 14)
    of = case(1, one)
    result = measured(record([wrong("car", "coolant_leak", 10, 20)], [one], [of], [notice(of, one, 14.1)]))
    assert (result["precision"], result["recall"], result["named_right"]) == (1.0, 1.0, 0.0)
    assert result["recall_named"] == 0.0


def test_a_second_notice_about_one_fault_is_a_duplicate_and_not_wrong() -> None:
    first, second = found("f", "car", "coolant_leak", 14), found("g", "car", "charging_fault", 16)
    one, two = case(1, first), case(2, second)
    notices = [notice(one, first, 14.1), notice(two, second, 16.1)]
    result = measured(record([wrong("car", "coolant_leak", 10, 20)], [first, second], [one, two], notices))
    assert (result["duplicates"], result["precision"], result["contacts"]) == (1, 1.0, 2)


def test_two_faults_of_one_device_get_a_notice_each() -> None:
    first, second = found("f", "car", "coolant_leak", 14), found("g", "car", "charging_fault", 16)
    one, two = case(1, first), case(2, second)
    truth = [wrong("car", "coolant_leak", 10, 20), wrong("car", "charging_fault", 12, 22)]
    made = score(record(truth, [first, second], [one, two], [notice(one, first, 14.1), notice(two, second, 16.1)]))
    assert measures(made.tally)["duplicates"] == 0
    assert [outcome.named for outcome in made.outcomes] == [True, True]


def test_a_harmless_change_makes_no_contact_right() -> None:
    one = found("f", "car", "coolant_leak", 14)
    of = case(1, one)
    made = score(record([wrong("car", HARMLESS, 10, 10)], [one], [of], [notice(of, one, 14.1)]))
    assert not made.contacts[0].right
    assert made.contacts[0].real == HARMLESS
    assert made.tally.expected == 0


def test_a_fault_for_staff_is_no_miss_once_it_is_found() -> None:
    seen = score(record([wrong("car", ATTENTION, 10, 10)], [found("f", "car", ATTENTION, 12, contact=False)]))
    unseen = score(record([wrong("car", ATTENTION, 10, 10)]))
    assert only(seen) == ""
    assert only(unseen) == "never_seen"
    assert (seen.tally.expected, seen.tally.visible, seen.tally.found) == (0, 1, 1)


def test_one_cause_on_many_devices_explains_a_finding_on_any_of_them() -> None:
    truth = [
        replace(wrong("hub", "silent", 10, 10, 12), group="g"),
        replace(wrong("leaf", "silent", 10, 10, 11), group="g"),
    ]
    one = found("f", "leaf", "silent", 12.5)
    made = score(record(truth, [one], [case(1, one)], [notice(case(1, one), one, 12.6)]))
    assert made.contacts[0].right


def test_what_one_cause_does_to_the_devices_of_one_owner_counts_once() -> None:
    truth = [replace(wrong(name, "silent", 10, 10, 12), group="g") for name in ("hub", "leaf", "twig")]
    one = found("f", "leaf", "silent", 10.2)
    of = case(1, one)
    told_once = score(record(truth, [one], [of], [notice(of, one, 10.3)]))
    assert (told_once.tally.expected, told_once.tally.contacted) == (1, 1)
    assert [outcome.joined for outcome in told_once.outcomes] == [True, False, True]
    never = score(record(truth))
    assert (never.tally.expected, never.tally.contacted) == (1, 0)


def test_one_cause_counts_for_each_owner_that_it_strikes() -> None:
    truth = [replace(wrong(name, "silent", 10, 10, 12), group="g") for name in ("here", "there")]
    devices = [device("here"), replace(device("there"), owner="c-2")]
    assert score(record(truth, devices=devices)).tally.expected == 2


def test_a_fault_in_the_last_days_counts_only_when_there_was_time_to_find_it() -> None:
    late = [wrong("car", "coolant_leak", 28, 40), wrong("cot", "silent", 28, 28), wrong("cup", "silent", 29.5, 29.5)]
    made = score(record(late))
    assert [outcome.counts for outcome in made.outcomes] == [False, True, False]


def test_a_failure_that_leaves_no_three_days_is_not_held_against_us() -> None:
    made = score(record([wrong("car", "coolant_leak", 10, 12), wrong("cot", "coolant_leak", 10, 40)]))
    assert [outcome.counts_3d for outcome in made.outcomes] == [False, False]


def test_a_notice_rests_on_the_first_strong_finding_of_its_case_not_on_an_early_guess() -> None:
    guess, proof = found("f", "car", "coolant_leak", 8, contact=False), found("g", "car", "coolant_leak", 14)
    of = case(1, guess, proof)
    made = score(record([wrong("car", "coolant_leak", 10, 20)], [guess, proof], [of], [notice(of, guess, 14.2)]))
    assert made.contacts[0].right
    assert made.tally.findings_right == 1


def test_a_complaint_before_the_contact_is_counted_and_one_after_it_is_not() -> None:
    leak = wrong("car", "coolant_leak", 10, 20)
    before = record([leak], said=[Said("c-1", "car", "coolant_leak", "complained", 0, at(18))])
    after = replace(told(14), said=(Said("c-1", "car", "coolant_leak", "complained", 1, at(18)),))
    assert measured(before)["complaints_before_contact"] == 1
    assert measured(after)["complaints_before_contact"] == 0


def test_a_call_for_help_is_the_owners_finding_and_not_ours() -> None:
    call = found("h", "car", HELP_REQUESTED.name, 12, contact=False, detector="help")
    of = case(1, call)
    made = score(record([wrong("car", "coolant_leak", 10, 20)], [call], [of], [notice(of, call, 12.1)]))
    assert (made.tally.findings, made.tally.cases, made.tally.contacts) == (0, 0, 0)
    assert only(made) == "never_seen"


def test_the_newest_verdict_counts_and_is_held_against_the_truth() -> None:
    said = (Verdict("f-1", "false", "customer", at(15)), Verdict("f-1", "true", "telemetry", at(16)))
    result = measured(replace(told(14), verdicts=said))
    assert (result["verdict_precision"], result["verdict_agreement"]) == (1.0, 1.0)
    result = measured(replace(told(14), verdicts=said[:1]))
    assert (result["verdict_precision"], result["verdict_agreement"]) == (0.0, 0.0)


def test_groups_add_up_to_the_whole() -> None:
    made = score(fleet(1))
    for by in ("fault", "device_type", "detector"):
        assert sum(tally.contacts for tally in made.groups[by].values()) == made.tally.contacts
        assert sum(tally.findings for tally in made.groups[by].values()) == made.tally.findings
    assert made.groups["fault"]["coolant_leak"].expected == 4
    assert made.groups["detector"]["limit"].right == 0
    assert made.groups["device_type"]["vehicle"].device_days == pytest.approx(made.tally.device_days)


def test_a_label_of_a_recording_that_is_no_registered_fault_expects_a_contact() -> None:
    made = score(record([wrong("rig", "cooler_worn_out", 5, 15)]))
    assert made.tally.expected == made.tally.expected_3d == 1
    assert made.outcomes[0].noticed_ms is None


def test_lead_before_the_complaint_is_measured_to_when_the_owner_would_notice() -> None:
    made = score(told(14))
    (outcome,) = made.outcomes
    assert outcome.noticed_ms is not None
    assert at(18) < outcome.noticed_ms < at(20)
    (lead,) = made.tally.samples["complaint_lead_days"]
    assert lead == pytest.approx((outcome.noticed_ms - at(14) - HOUR_MS) / DAY_MS, abs=1e-3)
