"""What the readings and events of a device say of a finding, in one table of rules: a verdict of the lowest rank.

A rule needs two things that do not depend on each other. That a finding ended is not enough: false ones end as well.
Half a verdict a rule is worth (`detectors.trust.labels`), and any person's word outdoes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.cases.views import Verdict

CALLED_WITHIN = timedelta(days=14)  # of the beginning, a call for help is taken to be about the same trouble; longer
# hears something else in it, shorter misses what comes slowly


@dataclass(frozen=True, slots=True)
class Course:
    """What happened about one episode, None for what did not (or is not known).

    `told_at` is when its customer had the first notice, `mended_at` when they said that it is fixed, `denied_at` that
    nothing was wrong. `called_at` is when anybody first asked for help at the device since it began, or since it was
    denied, `silent_at` when the device fell silent for long since it was foretold. What `foretold_at` said would come
    is late by far at `overdue_at`. `cleared_at` is when detection saw the end; an episode that ended otherwise
    (`over`) was ended by people.
    """

    began_at: datetime
    over: bool = False
    cleared_at: datetime | None = None
    told_at: datetime | None = None
    mended_at: datetime | None = None
    denied_at: datetime | None = None
    called_at: datetime | None = None
    silent_at: datetime | None = None
    foretold_at: datetime | None = None
    overdue_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """When it `applies` (at a time), what it says, in a sentence for the timeline, and why that may be believed."""

    name: str
    verdict: Verdict
    said: str
    why: str
    applies: Callable[[Course, datetime], bool]


def _mended(course: Course, _now: datetime) -> bool:
    return course.mended_at is not None and course.cleared_at is not None


def _called(course: Course, _now: datetime) -> bool:
    called, told = course.called_at, course.told_at
    return called is not None and called <= course.began_at + CALLED_WITHIN and (told is None or called < told)


def _denied_then_called(course: Course, _now: datetime) -> bool:
    called, denied = course.called_at, course.denied_at
    return called is not None and denied is not None and denied <= called <= denied + CALLED_WITHIN


def _came_true(course: Course, _now: datetime) -> bool:
    if course.foretold_at is None or course.overdue_at is None or course.mended_at is not None:
        return False
    failed = [moment for moment in (course.called_at, course.silent_at) if moment is not None]
    return any(course.foretold_at < moment <= course.overdue_at for moment in failed)


def _did_not_come(course: Course, now: datetime) -> bool:
    """Only of what ended in time and untold: whether a limit was reached while it went on, nobody can say."""
    if course.overdue_at is None or now < course.overdue_at or course.cleared_at is None:
        return False
    stopped = course.told_at is not None or course.mended_at is not None
    failed = course.called_at is not None or course.silent_at is not None
    return course.cleared_at <= course.overdue_at and not stopped and not failed


def _passed(course: Course, _now: datetime) -> bool:
    return course.cleared_at is not None and course.told_at is None


def _ended_after_notice(course: Course, _now: datetime) -> bool:
    return course.cleared_at is not None and course.told_at is not None


RULES = (
    Rule(
        "mended",
        Verdict.TRUE,
        "It went away with the repair that the customer told us of.",
        "What a repair ends was there.",
        _mended,
    ),
    Rule(
        "called",
        Verdict.TRUE,
        "Help was asked for at the device before its owner had been told of anything.",
        "Two that know nothing of each other say the same.",
        _called,
    ),
    Rule(
        "denied_then_called",
        Verdict.TRUE,
        "Help was asked for at the device after its owner had said that nothing was wrong.",
        "What cannot be felt is denied in good faith. It takes the denial back and proves no more.",
        _denied_then_called,
    ),
    Rule(
        "came_true",
        Verdict.TRUE,
        "The device failed in the time that was foretold: it fell silent, or help was asked for.",
        "A forecast that is met was no chance.",
        _came_true,
    ),
    Rule(
        "did_not_come",
        Verdict.FALSE,
        "What was foretold went away instead, and in twice the longest time nothing has happened.",
        "What wears towards a limit does not turn back, unless somebody who was told of it repairs it.",
        _did_not_come,
    ),
    Rule(
        "passed",
        Verdict.UNKNOWN,
        "It went away by itself, and nobody had been told.",
        "False findings end so, and faults that come and go.",
        _passed,
    ),
    Rule(
        "ended_after_notice",
        Verdict.UNKNOWN,
        "It went away after the customer was told, who did not say why.",
        "Most repair and say nothing, but false findings end as well: to call it right would reward each of them.",
        _ended_after_notice,
    ),
)


def judged(course: Course, now: datetime) -> Rule | None:
    """The first rule that applies; None while nothing can be said."""
    return next((rule for rule in RULES if rule.applies(course, now)), None)
