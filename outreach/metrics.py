"""Metrics of outreach."""

from __future__ import annotations

from kit.metrics import counter, histogram

triaged = counter("triaged_findings", "Findings that reached a case, by what became of them.", "outcome")
gate_decisions = counter("gate_decisions", "Decisions of the contact gate, by stage and verb.", "stage", "verb")
deliveries = counter("notice_deliveries", "Attempts to deliver a notice, by channel and outcome.", "channel", "outcome")
delivery_seconds = histogram(
    "notice_delivery_seconds", "Time of one attempt to deliver.", (0.01, 0.05, 0.2, 1.0, 5.0, 20.0, 60.0), "channel"
)
answers = counter("customer_answers", "Answers of customers, by answer.", "answer")
sink_refused = counter("sink_mails_refused", "Mails that the mail sink could not store and refused for now.")
