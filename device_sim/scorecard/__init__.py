"""Keeps score: runs the whole product on a virtual clock over a simulated fleet, and holds it against the truth.

The only part of the simulator that may import the rest of the product; it stands on top of it, beside `api`.
"""
