"""Tell the owner what we saw and what to do, by mail."""

from __future__ import annotations

from outreach.contact.playbooks.playbook import Playbook
from outreach.customers.record import SERVICE

TELL_OWNER = Playbook(name="tell_owner", purpose=SERVICE, channel="email", template="notice")
