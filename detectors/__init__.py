"""Readings to findings: owns the algorithms, the fault catalogue, the fusion and the durable state of every series.

Hands on findings: rows in PostgreSQL, each with its evidence, committed together with the log offset.
"""
