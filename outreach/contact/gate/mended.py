"""Whether it is what a repair has left behind."""

from __future__ import annotations

from datetime import timedelta

from outreach.contact.gate.question import Decision, Question, go, hold

FADES = 2  # times as long as signs gathered, they may take to go: a watch ends a symptom below the level at which it
# began one; 1 tells customers of what they had mended
LONGEST = timedelta(days=7)  # that a repair holds a notice back; longer tells of a second fault too late


def decide(question: Question) -> Decision:
    """Hold what began to show before the device was repaired, until signs from then have faded.

    It was repaired when its owner says so, or when what they were told of went away. Signs fade more slowly than they
    gathered: a watch over the last days still sees what was before. What is there after that is a fault of its own.
    """
    mended, onset = question.mended_at, question.onset
    if mended is None or onset >= mended:
        return go("Nothing was repaired since it began to show.")
    if question.approved_by:
        return go(f"The device was repaired since, but {question.approved_by} decided to tell the customer.")
    until = mended + min(FADES * (mended - onset), LONGEST)
    if question.now >= until:
        return go("It still shows, long after the repair.")
    when = f"{mended:%-d %B %H:%M} UTC"
    return hold(
        until,
        f"It began to show before the device was repaired ({when}); held until it had time to fade.",
    )
