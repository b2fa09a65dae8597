"""The customer pages' words in other languages: gettext catalogs in ``locale/``, read as text at run time."""

from __future__ import annotations

import gettext
import io
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent / "locale"


@cache
def translations(language: str) -> gettext.NullTranslations:
    """The catalog of a language; English, and any language without one, speaks the source texts."""
    file = FOLDER / f"{language}.po"
    if not file.is_file():
        return gettext.NullTranslations()
    with file.open("rb") as source:
        catalog = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
