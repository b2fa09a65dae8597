"""A small run of the fuzz program; `python -m tests.benchmarks.fuzz_codecs` is the large one."""

from __future__ import annotations

import random

import pytest

from tests.benchmarks.fuzz_codecs import Maker, run


@pytest.mark.parametrize("payloads", [3_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_no_payload_on_any_topic_breaks_the_gateway(payloads: int) -> None:
    seed = random.randrange(1_000_000)
    found, crashes = run(payloads, seed)
    assert not crashes, f"seed {seed}: {crashes[0]}"
    assert found["readings"]
    assert found["refused: undecodable"]


def test_the_same_seed_makes_the_same_payloads() -> None:
    one, other = Maker(5), Maker(5)
    assert [one.next() for _ in range(200)] == [other.next() for _ in range(200)]
