"""The texts for people are complete in every language, and stay within what the product may say."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from detectors.faults.catalogue import FAULTS
from ingest.wire.device_types import DEVICE_TYPES
from outreach.articles import texts

LANGUAGES = texts.languages()
NEVER = re.compile(
    r"emergency|ambulance|\b(112|911|999)\b|doctor|medical|diagnos|patient|heart attack|"
    r"notruf|notfall|arzt|ärzt|medizin|krankenhaus|herzinfarkt",
    re.IGNORECASE,
)
ONSET = datetime(2026, 1, 5, 3, 4, tzinfo=UTC)


def test_english_and_german_are_spoken() -> None:
    assert {"de", "en"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("fault", list(FAULTS))
def test_every_fault_is_explained_in_every_language(language: str, fault: str) -> None:
    key = FAULTS.get(fault).text_key
    assert key in texts.library(language), f"articles/content/{language}/{key}.toml is missing"
    text = texts.advice(language, key, device="Van 12", since=ONSET, zone=ZoneInfo("Europe/Berlin"), signal="Tempo")
    assert "Van 12" in text.seen
    assert text.steps
    for sentence in (text.title, text.seen, text.why, *text.steps):
        assert "{" not in sentence
        assert not NEVER.search(sentence), "this is neither a medical device nor an emergency service"


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages_say_different_things_and_none_is_left_over(language: str) -> None:
    assert set(texts.library(language)) == set(texts.library("en"))
    words = texts.words_for(language)
    assert all(getattr(words, name) for name in words.__struct_fields__)
    if language != "en":
        assert texts.library(language)["silent"] != texts.library("en")["silent"]


def test_a_device_named_like_a_placeholder_is_only_a_name() -> None:
    text = texts.advice("en", "silent", device="{since} {0.__class__}", since=ONSET, zone=ZoneInfo("UTC"))
    assert "{since} {0.__class__}" in text.seen


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_signal_has_a_name_in_every_other_language(language: str) -> None:
    names = {signal.name for _, kind in DEVICE_TYPES.items() for signal in kind.signals}
    assert names == set(texts.signal_names(language))


def test_a_signal_is_named_in_the_reader_s_words() -> None:
    named = texts.signal_words("de", "heart_rate", "Heart rate")
    text = texts.advice("de", "sensor_stuck", device="Band", since=ONSET, zone=ZoneInfo("UTC"), signal=named)
    assert "„Herzfrequenz“" in text.seen
    assert texts.signal_words("en", "heart_rate", "Heart rate") == "Heart rate"
    assert texts.signal_words("de", "of another plug-in", "Flux") == "Flux"


def test_an_unknown_fault_gets_the_text_that_is_always_true() -> None:
    assert texts.article_for("de", "flux_capacitor") == texts.article_for("de", "unusual_behaviour")


@pytest.mark.parametrize(
    ("tag", "language"), [("de", "de"), ("de-CH", "de"), ("DE_at", "de"), ("fr", "en"), ("", "en"), ("../de", "en")]
)
def test_a_customer_s_language_is_one_of_ours(tag: str, language: str) -> None:
    assert texts.language_for(tag) == language


def test_moments_are_told_in_the_reader_s_zone_and_manner() -> None:
    assert texts.moment_words("de", ONSET, ZoneInfo("Europe/Berlin")) == "5. Januar, 04:04 (CET)"  # codespell:ignore
    assert texts.moment_words("en", ONSET, ZoneInfo("America/New_York")) == "4 January, 22:04 (EST)"


def test_how_sure_we_are_follows_the_confidence() -> None:
    said = [texts.confidence_words("en", confidence) for confidence in (0.95, 0.8, 0.3)]
    assert len(set(said)) == 3
    assert "not sure" in said[2]
