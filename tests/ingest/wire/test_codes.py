"""Trouble codes as SAE J2012 numbers."""

import pytest

from ingest.wire import codes


@pytest.mark.parametrize(
    ("text", "number"),
    [("P0000", 0), ("P0301", 0x0301), ("P3FFF", 0x3FFF), ("C0035", 0x4035), ("B1A2F", 0x9A2F), ("U0100", 0xC100)],
)
def test_known_codes_have_their_standard_number(text: str, number: int) -> None:
    assert codes.to_number(text) == number
    assert codes.to_text(number) == text


def test_every_number_is_one_code_and_back() -> None:
    texts = [codes.to_text(number) for number in range(0x10000)]
    assert len(set(texts)) == 0x10000
    assert [codes.to_number(text) for text in texts] == list(range(0x10000))


@pytest.mark.parametrize("text", ["", "P", "P03011", "X0301", "P4301", "P03G1", "0301", "Ｐ0301", "P030١"])
def test_other_texts_are_no_code(text: str) -> None:
    with pytest.raises(ValueError, match="not a trouble code"):
        codes.to_number(text)


@pytest.mark.parametrize("number", [-1, 0x10000])
def test_numbers_beyond_16_bits_have_no_code(number: int) -> None:
    with pytest.raises(ValueError, match="16-bit"):
        codes.to_text(number)
