"""Infrastructure without a domain word: settings, logging, clock, database, leases, plug-ins, supervision.

Owns how the product starts, stops, logs and stores; hands every folder above it the same few tools.
"""
