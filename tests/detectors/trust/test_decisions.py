"""The pure decisions: who is demoted and promoted, and which finding has the right to contact."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from detectors.trust import budget, prior
from detectors.trust.budget import Spent
from detectors.trust.labels import Label, Opinion, Tally, chance_denial_is_true, label, weighed
from detectors.trust.precision import Precision
from detectors.trust.promise import DEVICE_OPEN, SMALLEST, WINDOW, Promise
from detectors.trust.right import Account, decide
from detectors.trust.standing import Standing, judged

PROMISE = Promise(1.0, 0.8)
NEW = Standing("demo", "coolant_leak", "1", "contact", "", None, prior.UNMEASURED, 0, 0)
FINE = budget.share_wrong(Tally())
FREE = Account(NEW, 0, 0, Spent(0, 0, 0, 0, 0.0, FINE), 6.0, 1.0, 0.8)


def test_three_wrong_contacts_in_a_row_demote_a_fault_that_nobody_knew_and_two_do_not() -> None:
    assert judged(replace(NEW, wrong=2), PROMISE).state == "contact"
    demoted = judged(replace(NEW, wrong=3), PROMISE)
    assert demoted.state == "review"
    assert demoted.reason == (
        "Demoted: 3 judged, 3 of them wrong; that these contacts are 80% right, as promised, has become unlikely."
    )


def test_a_long_good_record_outlasts_a_bad_day() -> None:
    assert judged(replace(NEW, right=40, wrong=4), PROMISE).state == "contact"


def test_promotion_asks_for_more_than_the_loss_of_the_last_doubt() -> None:
    demoted = judged(replace(NEW, wrong=3), PROMISE)
    states = [judged(replace(demoted, right=right), PROMISE).state for right in range(20)]
    assert states[:3] == ["review"] * 3
    assert states == sorted(states, reverse=True)
    assert states[-1] == "contact"
    again = judged(replace(demoted, right=states.index("contact")), PROMISE)
    assert again.reason.startswith("Promoted: ")
    assert judged(replace(again, wrong=again.wrong + 1), PROMISE).state == "contact"


@pytest.mark.parametrize(("precision", "least"), [(0.95, 0.0), (0.5, 0.9)])
def test_what_is_well_keeps_its_right_and_what_is_not_loses_it(precision: float, least: float) -> None:
    draw = np.random.default_rng(1)
    ended = 0
    for _ in range(200):
        standing = NEW
        for right in draw.random(40) < precision:
            standing = judged(
                replace(standing, right=standing.right + right, wrong=standing.wrong + (not right)), PROMISE
            )
            if standing.state == "review":
                break
        ended += standing.state == "review"
    assert ended / 200 <= 0.05 if least == 0 else ended / 200 >= least


def test_the_most_reliable_source_wins_and_its_newest_word_counts() -> None:
    said = [Opinion("true", "customer", 1), Opinion("false", "customer", 2)]
    assert label(said) == Label("denied", 1.0)
    assert label([*said, Opinion("true", "staff", 0)]) == Label("right", 1.0)
    assert label([*said, Opinion("unknown", "staff", 9)]) == Label("denied", 1.0)
    assert label([Opinion("benign", "telemetry", 1)]) == Label("wrong", 0.5)
    assert label([Opinion("true", "telemetry", 1), Opinion("false", "staff", 2)]) == Label("wrong", 1.0)
    assert label([]) is None
    assert label([Opinion("true", "somebody", 1)]) is None


def test_telemetry_confirms_what_an_owner_denies_or_leaves_it_open_and_never_outdoes_a_person() -> None:
    denial = Opinion("false", "customer", 1)
    assert label([denial, Opinion("false", "telemetry", 2)]) == Label("wrong", 1.0)
    assert label([denial, Opinion("true", "telemetry", 2)]) is None
    assert label([denial, Opinion("unknown", "telemetry", 2)]) == Label("denied", 1.0)
    assert label([Opinion("true", "customer", 1), Opinion("false", "telemetry", 2)]) == Label("right", 1.0)


def test_a_denial_counts_by_how_often_such_contacts_are_wrong() -> None:
    proven, unknown, bad = Precision(60, 1), prior.UNMEASURED, Precision(3, 7)
    parts = [weighed(known, Tally(denied=1)) for known in (proven, unknown, bad)]
    assert all(right + wrong == pytest.approx(1) for right, wrong in parts)
    wrongs = [wrong for _, wrong in parts]
    assert wrongs == sorted(wrongs)
    assert wrongs[0] < 0.5
    assert wrongs[1] > 0.8
    assert wrongs[2] > 0.97
    assert weighed(unknown, Tally(3, 1)) == (3, 1)
    assert chance_denial_is_true(0) == 0


def test_denials_divide_so_that_the_division_agrees_with_what_follows_from_it() -> None:
    for denied in (1, 3, 10):
        right, wrong = weighed(prior.UNMEASURED, Tally(2, 1, denied))
        share = (prior.UNMEASURED.wrong + wrong) / (6 + 3 + denied)
        assert (wrong - 1) / denied == pytest.approx(chance_denial_is_true(share), abs=1e-9)
        assert right + wrong == pytest.approx(3 + denied)


def test_four_owners_who_deny_demote_a_fault_that_nobody_knew_and_three_do_not() -> None:
    states = []
    for denied in range(6):
        right, wrong = weighed(NEW.prior, Tally(denied=denied))
        states.append(judged(replace(NEW, right=right, wrong=wrong), PROMISE).state)
    assert states == ["contact"] * 4 + ["review"] * 2


def test_single_mistakes_of_owners_do_not_silence_a_small_fleet() -> None:
    """Sixty devices, fifteen contacts, two of them denied: what is known to be good still goes out."""
    known = replace(NEW, prior=prior.UNMEASURED.and_judged(6, 0))
    share = budget.share_wrong(Tally(right=3, denied=2))
    false = 2 * budget.expected_false("denied", known, share) + 10 * budget.expected_false(None, known, share)
    spent = Spent(15, 3, 0, 2, false, share)
    assert decide(replace(FREE, standing=known, spent=spent, allowance=PROMISE.allowance(60))).granted


def test_a_new_version_begins_with_half_of_what_was_known_and_no_more_than_a_bound() -> None:
    assert prior.inherited("x", 4, 2) == prior.fresh("x").and_judged(2, 1)
    long = prior.inherited("x", 900, 100)
    known = prior.fresh("x")
    assert long.right - known.right == pytest.approx(0.9 * prior.INHERITED_MOST)
    assert prior.inherited("x", 0, 0) == known


def test_the_priors_of_the_scorecard_are_bounded_and_name_faults_of_the_catalogue() -> None:
    from detectors.faults.catalogue import FAULTS

    for fault in prior.measured():
        assert fault in FAULTS
        known = prior.fresh(fault)
        assert known.right + known.wrong <= 18 + 1e-9


def test_a_fresh_installation_contacts_whatever_its_size() -> None:
    for devices in (1, 10, 200, 100_000):
        granted = decide(replace(FREE, allowance=PROMISE.allowance(devices)))
        assert granted.granted, devices
        assert "%" in granted.reason
    assert PROMISE.allowance(3) == SMALLEST
    assert PROMISE.allowance(1_000) == pytest.approx(WINDOW.days)


def test_a_promise_of_none_means_that_a_person_decides_about_every_contact() -> None:
    none = Promise(0.0, 0.8)
    assert not decide(replace(FREE, allowance=none.allowance(1_000))).granted


def test_each_layer_objects_with_its_own_reason() -> None:
    review = replace(NEW, state="review", reason="Demoted: so and so.")
    objections = {
        "in review. Demoted": replace(FREE, standing=review),
        "about this device was wrong": replace(FREE, device_wrong=1),
        "are not judged": replace(FREE, device_open=DEVICE_OPEN),
        "are used up.": replace(FREE, spent=Spent(9, 0, 6, 0, 6.0, FINE)),
        "no more severe": replace(FREE, spent=Spent(9, 0, 5, 0, 5.4, FINE)),
    }
    for words, account in objections.items():
        ruling = decide(account)
        assert not ruling.granted
        assert words in ruling.reason


def test_when_little_is_left_the_most_severe_findings_still_go() -> None:
    nearly = replace(FREE, spent=Spent(9, 0, 5, 0, 5.4, FINE))
    assert decide(replace(nearly, tail=0.1)).granted
    assert not decide(replace(nearly, tail=0.9)).granted
    assert decide(replace(nearly, tail=0.9, standing=replace(NEW, right=20))).granted


def test_a_fleet_that_is_worse_than_promised_does_not_touch_its_reserve() -> None:
    spent = Spent(20, 5, 5, 0, 4.4, budget.share_wrong(Tally(5, 5)))
    proven = replace(NEW, right=60)
    assert not decide(replace(FREE, standing=proven, spent=replace(spent, expected_false=4.6))).granted
    assert decide(replace(FREE, standing=proven, spent=replace(spent, expected_false=4.6, share_wrong=FINE))).granted
    assert decide(replace(FREE, standing=proven, spent=replace(spent, expected_false=4.2), tail=0.1)).granted


def test_a_certain_standing_costs_little_and_a_doubtful_one_much() -> None:
    left = replace(FREE, spent=Spent(9, 0, 5, 0, 5.8, FINE), tail=0.01)
    assert decide(replace(left, standing=replace(NEW, prior=Precision(99, 1)))).granted
    assert not decide(replace(left, standing=replace(NEW, prior=Precision(7, 3)))).granted


def test_verdicts_on_other_faults_make_an_unknown_one_dearer_and_a_proven_one_hardly() -> None:
    proven = replace(NEW, right=60)
    fine, bad = budget.share_wrong(Tally(20, 1)), budget.share_wrong(Tally(2, 8))
    assert budget.cost(NEW, fine) == pytest.approx(0.1)
    assert budget.cost(NEW, bad) == pytest.approx(bad)
    assert budget.cost(proven, bad) < 0.06
    measured = replace(NEW, prior=prior.UNMEASURED.and_judged(12, 0))
    assert budget.cost(measured, bad) == pytest.approx(6 * bad / 18)  # the scorecard's contacts were all right
    assert budget.cost(replace(NEW, prior=prior.inherited("x", 300, 3)), bad) < 0.2


@pytest.mark.slow
def test_the_budget_keeps_false_contacts_at_the_allowance_whatever_they_depend_on() -> None:
    """Contacts come in bursts that are right or wrong together; verdicts come late or never."""
    draw = np.random.default_rng(3)
    ratios = []
    for _ in range(200):
        sent: list[tuple[bool, bool]] = []  # wrong, judged
        for _burst in range(30):
            wrong = bool(draw.random() < 0.1)
            for _one in range(int(draw.integers(1, 6))):
                cost = sum((float(was) if known else 0.1) for was, known in sent)
                if decide(replace(FREE, spent=Spent(0, 0, 0, 0, cost, FINE), tail=float(draw.random()))).granted:
                    sent.append((wrong, bool(draw.random() < 0.4)))
        ratios.append(sum(was for was, _ in sent) / 6.0)
    assert np.mean(ratios) <= 1.05
