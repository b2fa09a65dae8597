"""The page of a scorecard: whole in itself, readable without seeing the pictures, and safe with any name."""

from __future__ import annotations

import os
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import sync_playwright

from device_sim.scorecard import page, pictures, report
from device_sim.scorecard.compare import compare, load
from device_sim.scorecard.lives import Life, lives
from device_sim.scorecard.record import Record
from device_sim.scorecard.score import score
from device_sim.scorecard.wording import MEASURES
from tests.device_sim.scorecard.hand import case, fleet, found, notice, record, told, wrong

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
HOSTILE = '<script>alert("x")</script>'


def written(*records: Record, earlier: Path | None = None) -> str:
    scores = [score(one) for one in records]
    drawn: list[Life] = [life for one, its in zip(records, scores, strict=True) for life in lives(one, its)]
    compared = compare(scores, load(earlier)) if earlier else None
    return page.write(report.document(scores), drawn, compared)


def saved(folder: Path, *records: Record) -> Path:
    path = folder / "earlier.json"
    path.write_text(report.text(report.document([score(one) for one in records])), "utf-8")
    return path


class _Balanced(HTMLParser):
    """Fails on a tag that is closed out of turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_needs_nothing_else_and_is_well_formed() -> None:
    text = written(*(fleet(seed) for seed in (1, 2, 3)))
    assert not re.search(r'(src|href)="', text)
    assert "url(" not in text
    parser = _Balanced()
    parser.feed(text)
    assert parser.open == []


def test_the_page_is_the_same_for_the_same_runs() -> None:
    assert written(fleet(1), fleet(2)) == written(fleet(1), fleet(2))


def test_every_measure_and_every_struck_device_is_on_it() -> None:
    text = written(fleet(1))
    assert all(measure.label in text for measure in MEASURES.values())
    assert all(f"car-{number}" in text for number in range(4))
    assert "Told: Alternator gives too little, on day 5.2; nothing was wrong." in text
    assert "seed 1" in text


def test_an_empty_run_has_a_page() -> None:
    text = written(record())
    assert "None was missed." in text
    assert "NaN" not in text
    assert "None<" not in text


def test_names_cannot_break_out() -> None:
    one = found("f", HOSTILE, HOSTILE, 14)
    of = case(1, one)
    text = written(record([wrong(HOSTILE, HOSTILE, 10, 20)], [one], [of], [notice(of, one, 14.1)]))
    assert "<script" not in text


def test_a_comparison_shows_what_was_won(tmp_path: Path) -> None:
    worse = [fleet(seed, 2) for seed in (1, 2)]
    text = written(*(fleet(seed, 3) for seed in (1, 2)), earlier=saved(tmp_path, *worse))
    assert "Faults won: told now, not before (2)" in text
    assert "+25.0 points" in text
    assert "No scenario and seed stand in both." in written(told(14), earlier=saved(tmp_path, fleet(99)))


@pytest.mark.parametrize("values", [[0.0], [5.0, 5.0], [-3.0, 12.5], [-4.0, -2.0]])
def test_a_histogram_holds_any_values(values: list[float]) -> None:
    text = pictures.histogram(values, "d")
    numbers = [float(number) for number in re.findall(r'(?:x|y|x1|x2)="([-\d.]+)"', text)]
    assert numbers
    assert all(-1 <= number <= pictures.WIDE for number in numbers)


@pytest.mark.slow
def test_the_page_has_no_accessibility_violation_and_no_sideways_scroll(tmp_path: Path) -> None:
    if CHROMIUM is None and not os.environ.get("CI"):
        pytest.skip("Chromium is not installed on this machine")
    assert CHROMIUM is not None, "install Chromium"
    earlier = saved(tmp_path, *(fleet(seed, 2) for seed in (1, 2)))
    path = tmp_path / "score.html"
    path.write_text(written(fleet(1, 3), fleet(2, 4), earlier=earlier), "utf-8")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for width, dark in ((390, True), (1280, False), (1280, True)):
            scheme: Literal["dark", "light"] = "dark" if dark else "light"
            view = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            view.goto(path.as_uri())
            assert [violation["id"] for violation in Axe().run(view).response["violations"]] == []
            assert view.evaluate("document.documentElement.scrollWidth") <= width
        browser.close()
