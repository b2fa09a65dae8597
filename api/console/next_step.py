"""The next best step of a case, from what is known about it: a pure function, so that it can be argued about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from detectors.faults.known.general import FLOODING, HELP_REQUESTED
from outreach.cases.views import CaseState, CaseView

Action = Literal["send", "verdict", "close", "assign", "wait"]


@dataclass(frozen=True, slots=True)
class NextStep:
    """What a member of staff should do now, why, and which form of the page does it."""

    title: str
    why: str
    action: Action


_HELP = NextStep(
    "Answer the call for help",
    "Somebody at the device asked for it. Its last ten minutes are beside; note what was said, then close.",
    "close",
)
_FLOOD = NextStep(
    "Calm the device",
    "What is too much is dropped, so readings of it may be missing. Restart or update it, or shut it out; the case"
    " sees by itself when it is calm again.",
    "assign",
)
_DONE = {CaseState.RESOLVED, CaseState.CLOSED}
_ANSWERED = {
    "call_me": NextStep("Call the customer", "They asked for a call. Note what was said, then close.", "close"),
    "fixed": NextStep("Check that it is fixed", "The customer says that it is fixed. Close when you agree.", "close"),
    "wrong_alert": NextStep("Say whether we were wrong", "The customer says that this is a wrong alert.", "verdict"),
    "not_me": NextStep("Correct the owner", "The customer says that it is not their device.", "close"),
}
_OVER_WITHOUT_VERDICT = NextStep("Were we right?", "The case is over. Your verdict teaches the detectors.", "verdict")
_HELPED = NextStep("Nothing to do", "The case is over.", "wait")
_OVER = NextStep("Nothing to do", "The case is over and has its verdict.", "wait")
_DECIDE = NextStep(
    "Decide about the notice", "It waits for a person. Read the evidence, then send it, or close the case.", "send"
)
_JUDGE = NextStep("Were we right?", "Look at the picture and the numbers. One tap is enough.", "verdict")
_WATCH = NextStep("Wait for the device", "The readings look well again. Forewarn watches them.", "wait")
_TAKE = NextStep("Take the case", "Nobody owns it yet.", "assign")
_CLOSE = NextStep("Close when it is mended", "The verdict is in. Close the case when the cause is gone.", "close")
_FOR_STAFF = {HELP_REQUESTED.name: _HELP, FLOODING.name: _FLOOD}


def next_step(view: CaseView) -> NextStep:
    """The one thing to do next; the customer's newest answer goes first, then what only a person may decide."""
    if view.row.state in _DONE:
        return _over(view)
    return _ANSWERED.get(_last_answer(view)) or _by_fault(view) or _by_duty(view)


def _by_fault(view: CaseView) -> NextStep | None:
    """What a fault asks of staff before anything else."""
    return None if view.row.state is CaseState.MONITORING else _FOR_STAFF.get(view.row.fault)


def _by_duty(view: CaseView) -> NextStep:
    if view.notice_waits_for_person:
        return _DECIDE
    if view.row.verdict is None:
        return _JUDGE
    if view.row.state is CaseState.MONITORING:
        return _WATCH
    return _CLOSE if view.row.owner else _TAKE


def _over(view: CaseView) -> NextStep:
    if view.row.fault == HELP_REQUESTED.name:
        return _HELPED
    return _OVER_WITHOUT_VERDICT if view.row.verdict is None else _OVER


def _last_answer(view: CaseView) -> str:
    for event in reversed(view.timeline):
        if event.kind == "answered":
            return str(event.detail.get("answer", ""))
    return ""
