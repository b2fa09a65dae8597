"""The texts for people, one TOML file per fault and language: what we saw, why we think so, what to do.

`content/<language>/<text_key>.toml` holds ``title``, ``seen``, ``why`` and ``steps``; `{device}`, `{since}` and
`{signal}` are filled in. `words.toml` beside them holds the words around them, `signals.toml` the names of signals
(English has them from the catalogue of device types). A language is complete or it does not load.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_datetime

from outreach.errors import ArticleInvalid

T = TypeVar("T")
CONTENT = Path(__file__).parent / "content"
FALLBACK_LANGUAGE = "en"
FALLBACK_KEY = "unusual_behaviour"  # what an unknown fault gets: true of every finding
NO_ARTICLES = frozenset({"words", "signals"})
PLACEHOLDERS = frozenset({"device", "since", "signal"})
SURE = 0.9  # confidence from which we say "sure"; lower boasts, higher never says it
LIKELY = 0.7  # confidence from which we say "likely"


class Article(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One fault in one language, with its placeholders."""

    title: str
    seen: str
    why: str
    steps: tuple[str, ...]


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words around an article, in a mail and on the customer's page."""

    moment: str  # how a moment is written, as a Babel pattern
    subject: str
    greeting: str
    heading_seen: str
    heading_why: str
    heading_steps: str
    heading_sure: str
    sure: str
    likely: str
    unsure: str
    open_page: str
    answer: str
    wrong: str
    reference: str
    why_you_get_this: str
    unsubscribe: str
    no_emergency: str
    some_signal: str


@dataclass(frozen=True, slots=True)
class Text:
    """An article with its placeholders filled in."""

    title: str
    seen: str
    why: str
    steps: tuple[str, ...]


def languages() -> tuple[str, ...]:
    """The languages that we write in, sorted."""
    return tuple(sorted(path.name for path in CONTENT.iterdir() if path.is_dir()))


def language_for(tag: str) -> str:
    """The language of ours that fits a customer's (``de-AT`` → ``de``), else English."""
    main = tag.replace("_", "-").split("-")[0].lower()
    return main if main in languages() else FALLBACK_LANGUAGE


def advice(language: str, key: str, *, device: str, since: datetime, zone: ZoneInfo, signal: str = "") -> Text:
    """What to tell a reader of `language` (one of `languages`) about the fault with text key `key`.

    `since` is shown in `zone`; `signal` names the signal that gave the fault away, in the reader's words. A key without
    a text gets the one that is true of every finding.
    """
    article = article_for(language, key)
    named = signal or words_for(language).some_signal
    values = {"device": device, "since": moment_words(language, since, zone), "signal": named}
    return Text(
        title=article.title.format_map(values),
        seen=article.seen.format_map(values),
        why=article.why.format_map(values),
        steps=tuple(step.format_map(values) for step in article.steps),
    )


def signal_words(language: str, name: str, label: str) -> str:
    """A signal's name in that language; its catalogue `label` where there is none."""
    return signal_names(language).get(name, label)


def moment_words(language: str, moment: datetime, zone: ZoneInfo) -> str:
    """A moment as people of that language write it, in their zone, with the zone's name."""
    local = moment.astimezone(zone)
    return f"{format_datetime(local, words_for(language).moment, locale=language)} ({local.tzname() or zone.key})"


def confidence_words(language: str, confidence: float) -> str:
    """How sure we are, as a sentence."""
    words = words_for(language)
    if confidence >= SURE:
        return words.sure
    return words.likely if confidence >= LIKELY else words.unsure


def article_for(language: str, key: str) -> Article:
    """The article `key`, or the fallback when there is none."""
    articles = library(language)
    return articles.get(key, articles[FALLBACK_KEY])


@cache
def library(language: str) -> Mapping[str, Article]:
    """Every article of the language by text key. Raises ArticleInvalid."""
    found = {
        path.stem: _load(path, language, Article)
        for path in sorted((CONTENT / language).glob("*.toml"))
        if path.stem not in NO_ARTICLES
    }
    if FALLBACK_KEY not in found:
        raise ArticleInvalid(language, FALLBACK_KEY, "it is missing")
    for key, article in found.items():
        _check_placeholders(language, key, article)
    return found


@cache
def words_for(language: str) -> Words:
    """The words around an article. Raises ArticleInvalid."""
    return _load(CONTENT / language / "words.toml", language, Words)


@cache
def signal_names(language: str) -> Mapping[str, str]:
    """The names of signals that differ from the catalogue's. Raises ArticleInvalid."""
    path = CONTENT / language / "signals.toml"
    return _load(path, language, dict[str, str]) if path.is_file() else {}


def _load(path: Path, language: str, kind: type[T]) -> T:
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), kind)
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise ArticleInvalid(language, path.stem, str(error)) from error


def _check_placeholders(language: str, key: str, article: Article) -> None:
    for text in (article.title, article.seen, article.why, *article.steps):
        try:
            used = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
        except ValueError as error:
            raise ArticleInvalid(language, key, str(error)) from error
        if unknown := used - PLACEHOLDERS:
            raise ArticleInvalid(language, key, f"it asks for {{{min(unknown)}}}, which nobody fills in")
    if not article.steps or not all((article.title, article.seen, article.why, *article.steps)):
        raise ArticleInvalid(language, key, "a part of it is empty")
