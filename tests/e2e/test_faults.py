"""Rows of the fault table, each on services of its own that are really killed, cut off or taken away."""

from __future__ import annotations

import pytest
from fault_table import Ordeal, ordeals, run

CHOSEN = (
    "kill -9 of all three at once",
    "kill -9 NATS",
    "kill -9 PostgreSQL",
    "store away",
    "network cut",
    "three times",
    "any order",
    "a day ahead",
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "row", [row for row in ordeals(10) if any(name in row.name for name in CHOSEN)], ids=lambda row: row.name
)
def test_an_ordeal_loses_nothing_doubles_nothing_and_leaves_a_balanced_account(row: Ordeal) -> None:
    found = run(row, seconds=2, rate=200)
    assert found.acknowledged > 0
    assert (found.lost, found.twice) == (0, 0)
    assert found.ledger.balances()
