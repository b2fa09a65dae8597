"""What an engineer reads to judge a run: the evidence behind each contact, the wrong ones first."""

from __future__ import annotations

from dataclasses import replace

from device_sim.scorecard.evidence import MOST_ATTENTION, read, write
from device_sim.scorecard.score import score
from tests.device_sim.scorecard.hand import case, fleet, found, notice, record, wrong


def test_every_contact_is_there_with_its_words_and_the_wrong_one_comes_first() -> None:
    run = fleet(1)
    run = replace(run, findings=tuple(replace(one, words=(f"evidence of {one.id}",)) for one in run.findings))
    text = write(read(run, score(run)), "forewarn sim score by_hand")
    kinds = [line for line in text.splitlines() if line.startswith("# ")]
    assert kinds == ["# Wrong contact: 1", "# Wrong finding, for staff alone: 0", "# Right contact: 3"]
    assert text.index("evidence of f-well") < text.index("evidence of f-car-0")
    assert "Wrong: nothing was the matter." in text
    assert "Right: coolant_leak had begun 3.1 days before it was seen; told 6.7 days before its worst." in text


def test_a_wrong_finding_names_the_harmless_change_that_misled_it() -> None:
    one = found("f", "car", "unusual_behaviour", 14, contact=False)
    run = record([wrong("car", "new_driver", 10, 20)], [one], [case(1, one)])
    (only,) = read(run, score(run))
    assert (only.kind, only.really) == (
        "wrong finding, for staff alone",
        "Wrong: new_driver, which is harmless, was going on.",
    )


def test_a_storm_of_wrong_findings_shows_the_gravest() -> None:
    storm = [replace(found(f"f-{n}", f"car-{n}", "silent", 5, contact=False), severity=float(n)) for n in range(99)]
    run = record((), storm)
    shown = read(run, score(run))
    assert [one.severity for one in shown] == [98.0 - n for n in range(MOST_ATTENTION)]


def test_a_fault_that_has_come_to_its_worst_says_how_late_the_contact_was() -> None:
    one = found("f", "car", "coolant_leak", 22)
    of = case(1, one)
    run = record([wrong("car", "coolant_leak", 10, 20)], [one], [of], [notice(of, one, 22.5)])
    assert "told 2.5 days after its worst" in read(run, score(run))[0].really
