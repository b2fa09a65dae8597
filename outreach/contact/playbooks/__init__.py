"""Playbooks: scripted care for a fault. The first form has one, with one step: tell the owner.

Out-of-tree playbooks come by the entry point ``forewarn.playbook``.
"""

from __future__ import annotations

from kit.plugins import Registry
from outreach.contact.playbooks.playbook import Playbook
from outreach.contact.playbooks.tell_owner import TELL_OWNER

PLAYBOOKS: Registry[Playbook] = Registry("playbook", {TELL_OWNER.name: TELL_OWNER})


def fitting(fault: str) -> list[Playbook]:
    """The playbooks for a fault, in order."""
    return [playbook for _, playbook in PLAYBOOKS.items() if not playbook.faults or fault in playbook.faults]
