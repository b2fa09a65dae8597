"""Findings to cases to customers: owns customers, consent, episodes, cases, the contact gate and the outbox.

Hands on one case per fault with an append-only timeline, and notices whose every send or no-send has a reason.
"""
