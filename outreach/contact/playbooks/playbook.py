"""What a playbook is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Playbook:
    """One notice on one channel for one purpose, for each episode of the `faults` (() is all).

    `template` names ``templates/<template>.txt.j2`` and ``.html.j2``.
    """

    name: str
    purpose: str
    channel: str
    template: str
    faults: tuple[str, ...] = ()
