"""Why a fault was missed: how far it came on the way from the signals to the customer, in a word and a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from device_sim.faults.fault import Occurrence
from device_sim.scorecard.record import Case, Found, Notice

SENTENCES: Mapping[str, str] = {
    "never_seen": "No finding was raised.",
    "device_silent": "No finding was raised, and the device said nothing.",
    "too_weak": "It was found, but the evidence was too weak for a contact.",
    "no_case": "It was found, but no case was opened.",
    "no_notice": "A case was opened, but no notice was planned for it.",
    "told_before": "The customer had been told about this case before the fault began.",
    "cleared": "The finding cleared, or the case was over, before the notice could go.",
    "no_owner": "Nobody is known to own the device, or it had changed hands.",
    "no_consent": "The customer has not agreed to be contacted.",
    "no_address": "The customer has no verified address.",
    "undeliverable": "The notice could not be delivered.",
    "waiting_for_person": "The notice waits for a person.",
    "duplicate": "The customer had been told of this fault not long before.",
    "no_right": "Such contacts were wrong too often, or the budget of false contacts was used up.",
    "disputed": "The customer had called an earlier notice about this fault wrong.",
    "mended": "The device had been repaired since it began to show, and the notice was held until that had faded.",
    "shared": "Many devices showed the same, and the notice waits for a person.",
    "quiet_hours": "The notice was held for the customer's quiet hours when the run ended.",
    "on_its_way": "The notice was still on its way when the run ended.",
    "unsure": "Nobody can say whether the notice arrived.",
    "gate": "The contact gate held the notice back.",
    "too_late": "The customer was told less than three days before the failure.",
}
STAGES_TO_REASONS = {
    "still_true": "cleared",
    "owner": "no_owner",
    "consent": "no_consent",
    "address": "no_address",
    "evidence": "too_weak",
    "fresh": "waiting_for_person",
    "duplicate": "duplicate",
    "disputed": "disputed",
    "right_to_contact": "no_right",
    "mended": "mended",
    "shared": "shared",
    "quiet_time": "quiet_hours",
}
_STATES = {"failed": "undeliverable", "unknown": "unsure", "queued": "on_its_way", "sending": "on_its_way"}
SPEECHLESS = frozenset({"silent", "hub_offline"})


def missed(
    occurrence: Occurrence,
    truth: Sequence[Occurrence],
    findings: Sequence[Found],
    cases: Sequence[Case],
    notices: Sequence[Notice],
) -> str:
    """The reason, a key of `SENTENCES`, why nobody was told of an occurrence.

    `findings` are those about it, `cases` those that hold any of them, `notices` all that these cases led to.
    """
    if not findings:
        return "device_silent" if _speechless(occurrence, truth) else "never_seen"
    if not any(found.contact for found in findings):
        return "too_weak"
    if not cases:
        return "no_case"
    tried = [notice for notice in notices if notice.state != "delivered"]
    if not tried:
        return "told_before" if notices else "no_notice"
    last = max(tried, key=lambda notice: (notice.created_ms, notice.id))
    return _STATES.get(last.state) or STAGES_TO_REASONS.get(last.stage, "gate")


def _speechless(occurrence: Occurrence, truth: Sequence[Occurrence]) -> bool:
    """Whether the device was silenced by something else while the fault lasted."""
    end_ms = occurrence.end_ms if occurrence.end_ms is not None else occurrence.failure_ms
    return any(
        other.device == occurrence.device
        and other.fault in SPEECHLESS
        and other is not occurrence
        and other.onset_ms <= max(end_ms, occurrence.onset_ms)
        and (other.end_ms is None or other.end_ms > occurrence.onset_ms)
        for other in truth
    )
