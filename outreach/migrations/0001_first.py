"""Customers, episodes, cases with their timelines, the outbox, the mail sink."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "outreach_0001"
down_revision = None
branch_labels = ("outreach",)
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    _customers()
    _cases()
    _contact()


def _customers() -> None:
    op.create_table(
        "customer",
        sa.Column("tenant", sa.String(), primary_key=True),
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("unit_system", sa.String(), nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_until", sa.Time(), nullable=True),
    )
    op.create_table(
        "contact_point",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("verified_at", _MOMENT, nullable=True),
        sa.UniqueConstraint("tenant", "customer_id", "channel", "address"),
        sa.ForeignKeyConstraint(["tenant", "customer_id"], ["customer.tenant", "customer.id"], ondelete="CASCADE"),
    )
    op.create_table(
        "consent",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("granted_at", _MOMENT, nullable=False),
        sa.Column("withdrawn_at", _MOMENT, nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["tenant", "customer_id"], ["customer.tenant", "customer.id"], ondelete="CASCADE"),
    )
    op.create_index(
        "uq_consent_in_force",
        "consent",
        ["tenant", "customer_id", "purpose"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True, start=1001), primary_key=True),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("fault", sa.String(), nullable=False),
        sa.Column("device_label", sa.String(), nullable=False),
        sa.Column("device_type", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("customer_name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("monitoring_until", _MOMENT, nullable=True),
        sa.Column("answered", sa.String(), nullable=True),
        sa.Column("answered_at", _MOMENT, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
    )
    op.create_index("ix_cases_device", "cases", ["tenant", "device", "fault", "number"])
    op.create_index(
        "ix_cases_monitoring", "cases", ["monitoring_until"], postgresql_where=sa.text("state = 'monitoring'")
    )
    op.create_index(
        "ix_cases_queue",
        "cases",
        ["tenant", "priority", sa.text("number DESC")],
        postgresql_where=sa.text("state NOT IN ('resolved', 'closed')"),
    )
    op.create_index(
        "uq_cases_open",
        "cases",
        ["tenant", "device", "fault"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('resolved', 'closed')"),
    )
    op.create_table(
        "episode",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("fault", sa.String(), nullable=False),
        sa.Column("case_number", sa.BigInteger(), sa.ForeignKey("cases.number"), nullable=False),
        sa.Column("onset", _MOMENT, nullable=False),
        sa.Column("began_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("end_reason", sa.String(), nullable=False),
        sa.Column("planned_at", _MOMENT, nullable=True),
    )
    op.create_index("ix_episode_case_number", "episode", ["case_number"])
    op.create_index("ix_episode_unplanned", "episode", ["case_number"], postgresql_where=sa.text("planned_at IS NULL"))
    op.create_index(
        "uq_episode_open",
        "episode",
        ["tenant", "device", "fault"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "case_finding",
        sa.Column("finding_id", sa.Uuid(), primary_key=True),
        sa.Column("case_number", sa.BigInteger(), sa.ForeignKey("cases.number"), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("detected", _MOMENT, nullable=False),
        sa.Column("contact", sa.Boolean(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
    )
    op.create_index("ix_case_finding_case", "case_finding", ["case_number", "detected"])
    op.create_table(
        "case_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("case_number", sa.BigInteger(), sa.ForeignKey("cases.number"), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
    )
    op.create_index("ix_case_event_case", "case_event", ["case_number", "id"])
    op.create_table(
        "answer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("case_number", sa.BigInteger(), sa.ForeignKey("cases.number"), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
    )
    op.create_index("ix_answer_case", "answer", ["case_number", "id"])


def _contact() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("case_number", sa.BigInteger(), sa.ForeignKey("cases.number"), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("playbook", sa.String(), nullable=False),
        sa.Column("dedupe_key", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("checked_revision", sa.Integer(), nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("leased_until", _MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("receipt", sa.String(), nullable=False),
        sa.Column("delivered_at", _MOMENT, nullable=True),
        sa.UniqueConstraint("dedupe_key"),
    )
    op.create_index("ix_outbox_case", "outbox", ["case_number"])
    op.create_index("ix_outbox_due", "outbox", ["due_at"], postgresql_where=sa.text("state IN ('queued', 'held')"))
    op.create_index("ix_outbox_newest", "outbox", ["tenant", sa.text("created_at DESC")])
    op.create_index("ix_outbox_sending", "outbox", ["leased_until"], postgresql_where=sa.text("state = 'sending'"))
    op.create_index("ix_outbox_waiting", "outbox", ["case_number"], postgresql_where=sa.text("state = 'waiting'"))
    op.create_table(
        "sink_mail",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.Column("headers", postgresql.JSONB(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.UniqueConstraint("tenant", "message_id"),
    )
    op.create_table(
        "link_key",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    for table in (
        "link_key",
        "sink_mail",
        "outbox",
        "answer",
        "case_event",
        "case_finding",
        "episode",
        "cases",
        "consent",
        "contact_point",
        "customer",
    ):
        op.drop_table(table)
