"""How identifiers are made of the names in foreign topics."""

from __future__ import annotations

import re

from ingest.errors import RouteInvalid
from ingest.wire.topics import is_identifier

_PLACE = re.compile(r"([._:@-]?)\{(\w+)\}")


class Naming:
    """A template such as ``{node}.{device}``."""

    def __init__(self, template: str, places: tuple[str, ...]) -> None:
        """Raises RouteInvalid when the template names a place that is none of `places`, or none at all."""
        used = [match[2] for match in _PLACE.finditer(template)]
        if not used or not set(used) <= set(places) or set("{}") & set(_PLACE.sub("", template)):
            shown = ", ".join(f"{{{place}}}" for place in places)
            raise RouteInvalid(template, f"'{template}' is no device name", f"Make it of {shown}.")
        self._template = template
        self._before = {first: second for first, second in zip(used, _separators(template)[1:], strict=False) if second}

    def identifier(self, **names: str) -> str | None:
        """The identifier; None when it cannot be one, or could be another device's too.

        A place without a name goes away, with one separator before it. A name that holds the separator after its
        place is refused: ``a.b`` and ``c`` must not become the same as ``a`` and ``b.c``.
        """
        if any(separator in names.get(place, "") for place, separator in self._before.items()):
            return None
        found = _PLACE.sub(lambda match: match[1] + names[match[2]] if names.get(match[2]) else "", self._template)
        return found if is_identifier(found) else None


def _separators(template: str) -> list[str]:
    """What stands before each place."""
    return [match[1] for match in _PLACE.finditer(template)]
