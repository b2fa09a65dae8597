"""The staff console: sign-in, the queue, a case, the outbox and the devices."""
