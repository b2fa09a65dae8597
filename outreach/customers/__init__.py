"""Customers: the record, addresses, consent and quiet hours, and the import of a manifest."""
