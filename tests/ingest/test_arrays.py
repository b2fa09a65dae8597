"""Array literals: what goes in as a column comes out as the same rows."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from ingest import arrays
from kit.db import transaction

INTEGERS = st.lists(st.none() | st.integers(-(1 << 63), (1 << 63) - 1), max_size=20)
TEXTS = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
    | st.sampled_from(["", "NULL", "null", '"', "\\", '\\"', "a,b", "{}", " x "]),
    max_size=20,
)
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _through(engine: Engine, kind: str, literal: str) -> list[object]:
    with transaction(engine) as session:
        found = session.execute(text(f"SELECT unnest(CAST(:column AS {kind}[]))"), {"column": literal})
        return list(found.scalars())


@FEW
@given(column=INTEGERS)
def test_whole_numbers_and_nulls_arrive_as_they_are(engine: Engine, column: list[int | None]) -> None:
    assert _through(engine, "bigint", arrays.integers(column)) == column


@FEW
@given(column=TEXTS)
def test_texts_arrive_as_they_are_whatever_is_in_them(engine: Engine, column: list[str]) -> None:
    assert _through(engine, "text", arrays.texts(column)) == column
