"""Contact: what happened to cases becomes notices, through the gate, the outbox and a channel; and what comes back."""
