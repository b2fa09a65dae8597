"""Templates to answers: one Jinja environment per language, everything escaped, an unknown name is an error."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from api import words
from api.charts.data import SMALL, WIDE
from api.charts.svg import draw
from api.charts.table import rows
from api.reader import Reader, unit_words
from api.translations import translations

HERE = Path(__file__).parent
STATIC = HERE / "static"


def page(
    template: str, reader: Reader, status: int = 200, facts: Mapping[str, object] | None = None, **more: object
) -> HTMLResponse:
    """An HTML answer: a template filled with facts for a reader."""
    text = _environment(reader.language).get_template(template).render({**(facts or {}), **more, "reader": reader})
    return HTMLResponse(text, status)


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.filters["unit"] = unit_words
    environment.globals.update(
        asset=asset, words=words, time_tag=time_tag, draw=draw, chart_rows=rows, WIDE=WIDE, SMALL=SMALL
    )
    return environment


@cache
def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so that browsers may keep it for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def time_tag(reader: Reader, at: datetime, now: datetime | None = None) -> Markup:
    """A ``<time>`` element: the moment in the reader's zone, or its age when `now` is given."""
    moment = reader.moment(at)
    shown = moment if now is None else reader.ago(at, now)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(at.isoformat(), moment, shown)
