"""Whatever happened in a run, its score adds up, repeats, and is JSON."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from device_sim.faults import FAULTS
from device_sim.scorecard import page, report
from device_sim.scorecard.lives import lives
from device_sim.scorecard.reasons import SENTENCES
from device_sim.scorecard.record import Record
from device_sim.scorecard.score import score
from tests.device_sim.scorecard.hand import case, found, notice, record, wrong

NAMES = st.sampled_from(["a", "b", "c"])
KINDS = st.sampled_from([*sorted(FAULTS), "a_label_of_a_recording"])
DAYS = st.floats(-5, 40)
TRUTH = st.lists(
    st.tuples(NAMES, KINDS, DAYS, st.floats(0, 20), st.none() | st.floats(0, 20), st.sampled_from(["", "g"])),
    max_size=6,
)
CLAIMS = st.lists(
    st.tuples(
        NAMES,
        KINDS,
        DAYS,
        st.booleans(),
        st.sampled_from(["delivered", "held", "withheld", "waiting", "failed", "unknown", "queued"]),
        st.sampled_from(["gate", "consent", "fresh", "quiet_time", ""]),
        st.floats(0, 3),
    ),
    max_size=8,
)


@st.composite
def records(draw: st.DrawFn) -> Record:
    truth = [
        replace(wrong(name, kind, day, day + takes, None if lasts is None else day + takes + lasts), group=group)
        for name, kind, day, takes, lasts, group in draw(TRUTH)
    ]
    claims = draw(CLAIMS)
    findings = [found(f"f-{n}", name, kind, day, strong) for n, (name, kind, day, strong, *_) in enumerate(claims)]
    cases = [case(1000 + n, one) for n, one in enumerate(findings)]
    notices = [
        notice(of, one, day + later if state == "delivered" else None, state, stage)
        for of, one, (_, _, day, _, state, stage, later) in zip(cases, findings, claims, strict=True)
    ]
    return record(truth, findings, cases, notices)


@settings(max_examples=80, deadline=None)
@given(records())
def test_a_score_adds_up_and_repeats(one: Record) -> None:
    made = score(one)
    tally = made.tally
    assert 0 <= tally.duplicates <= tally.right <= tally.contacts == len(made.contacts)
    assert tally.contacted_named <= tally.contacted <= tally.expected <= tally.visible
    assert tally.contacted_3d <= tally.expected_3d
    for groups in made.groups.values():
        assert sum(group.contacts for group in groups.values()) == tally.contacts
    for came in made.outcomes:
        assert came.reason in {"", *SENTENCES}
        if came.expects == "contact" and came.counts and came.contact_ms is None:
            assert came.reason
    text = report.text(report.document([made]))
    assert text == report.text(report.document([score(one)]))
    assert "NaN" not in page.write(json.loads(text), lives(one, made))
