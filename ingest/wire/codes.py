"""Diagnostic trouble codes as text and as the 16-bit number of SAE J2012 (ISO 15031-6).

Bits 15–14 are the system (P powertrain, C chassis, B body, U network), bits 13–12 the first digit (0 to 3), the
other twelve the three hexadecimal digits: ``P0301`` is 0x0301, ``U0100`` is 0xC100.
"""

from __future__ import annotations

import re

_SYSTEMS = "PCBU"
_CODE = re.compile(r"([PCBU])([0-3])([0-9A-F]{3})", re.ASCII)


def to_number(text: str) -> int:
    """The number of a code such as ``P0301``, in either case. Raises ValueError when the text is no such code."""
    match = _CODE.fullmatch(text.strip().upper())
    if match is None:
        raise ValueError(f"'{text[:20]}' is not a trouble code")
    system, digit, rest = match.groups()
    return _SYSTEMS.index(system) << 14 | int(digit) << 12 | int(rest, 16)


def to_text(number: int) -> str:
    """The code of a 16-bit number, as in ``P0301``. Raises ValueError outside 0 to 65535."""
    if not 0 <= number <= 0xFFFF:
        raise ValueError(f"{number} is not a 16-bit trouble code")
    return f"{_SYSTEMS[number >> 14]}{number >> 12 & 3}{number & 0xFFF:03X}"
