"""Playbooks begin here: each new episode gets its notices, and a notice that waits is looked at when its case moves.

Contact reads what happened to cases; a case knows nothing of contact.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import Engine, and_, or_, select
from sqlalchemy.orm import Session

from kit.clock import Clock
from kit.db import transaction
from outreach.contact import asking
from outreach.contact.gate.question import Rules
from outreach.contact.playbooks import fitting
from outreach.contact.playbooks.playbook import Playbook
from outreach.tables import CaseRow, EpisodeRow, OutboxRow

RECONSIDER = timedelta(hours=1)  # between two looks at a notice without the right to contact; a budget refills slowly
NAMESPACE = uuid.UUID("0c9d1f7e-52a8-5c43-8f0b-7f1f4f3f6b52")


def step(engine: Engine, clock: Clock, limits: Rules) -> bool:
    """Plan for one new episode, or look again at one waiting notice whose case has moved; False: nothing to do."""
    with transaction(engine) as session:
        now = clock.now()
        return plan_next(session, now, limits) or look_again(session, now, limits)


def plan_next(session: Session, now: datetime, limits: Rules) -> bool:
    """Begin the playbooks of the oldest episode that has none yet; False when there is no such episode."""
    found = session.execute(
        select(CaseRow, EpisodeRow)
        .join(EpisodeRow, EpisodeRow.case_number == CaseRow.number)
        .where(EpisodeRow.planned_at.is_(None))
        .order_by(EpisodeRow.case_number)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        return False
    case, episode = found
    episode.planned_at = now
    for playbook in fitting(case.fault):
        notice = _new_notice(case, episode, playbook, now)
        session.add(notice)
        asked = asking.ask(session, case, notice, limits, now)
        asking.write_down(session, case, notice, asked.ruling, now)
    return True


def look_again(session: Session, now: datetime, limits: Rules) -> bool:
    """Ask the gate again about a notice that waits for a person, once its case has moved; False: there is none.

    One that lacked the right to contact, or counts to an incident, is looked at also when that may have changed.
    """
    untrusted = and_(OutboxRow.stage.in_(["right_to_contact", "shared"]), OutboxRow.asked_at <= now - RECONSIDER)
    found = session.execute(
        select(CaseRow, OutboxRow)
        .join(OutboxRow, OutboxRow.case_number == CaseRow.number)
        .where(OutboxRow.state == "waiting", or_(OutboxRow.checked_revision < CaseRow.revision, untrusted))
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        return False
    case, notice = found
    asking.write_down(session, case, notice, asking.ask(session, case, notice, limits, now).ruling, now)
    return True


def _new_notice(case: CaseRow, episode: EpisodeRow, playbook: Playbook, now: datetime) -> OutboxRow:
    """A notice that is born waiting for the gate; its identity follows from what it is about."""
    key = f"{playbook.name}|{case.tenant}|{case.number}|{episode.id}"
    return OutboxRow(
        id=uuid.uuid5(NAMESPACE, key),
        tenant=case.tenant,
        case_number=case.number,
        episode_id=episode.id,
        playbook=playbook.name,
        dedupe_key=key,
        purpose=playbook.purpose,
        channel=playbook.channel,
        address="",
        state="new",
        reason="",
        approved_by="",
        created_at=now,
        checked_revision=0,
        stage="",
        due_at=now,
        attempts=0,
        failures=0,
        message_id="",
        subject="",
        text="",
        html="",
        receipt="",
    )
