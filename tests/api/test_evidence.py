"""The case page shows all that speaks for a finding, and when a limit will be reached."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from detectors.finding import Horizon, Sign
from tests.api.conftest import Running
from tests.api.world import World


def test_the_case_page_says_between_which_days_a_limit_is_reached(world: World, running: Running) -> None:
    world.staff()
    finding = world.finding("car-0417", "brake_wear", (), summary="The front pads wear through.")
    now = world.clock.now()
    coming = Horizon(now, now + timedelta(days=3.2), now + timedelta(days=5.5), 0.934)
    (number,) = world.found(replace(finding, evidence=replace(finding.evidence, horizon=coming)))
    page = running.signed_in().get(f"/console/cases/{number}").text
    assert "Likely to reach the limit in 3 to 6 days" in page
    assert "93 % within seven days" in page


def test_a_case_that_foresees_nothing_says_nothing_about_a_limit(world: World, running: Running) -> None:
    world.staff()
    number = world.coolant_case()
    assert "reach the limit" not in running.signed_in().get(f"/console/cases/{number}").text


def test_the_case_page_shows_signs_with_their_weights_and_what_else_it_might_be(world: World, running: Running) -> None:
    world.staff()
    finding = world.finding("car-0417", "brake_wear", (), summary="The front pads wear through.")
    sign = Sign("pads_thin", "Brake pad, front left", 1.0, "drift", world.clock.now(), 8.0, 4.2)
    pack = replace(finding.evidence, signs=(sign,), considered=(("sensor_stuck", 0.4), ("<b>gone</b>", 0.2)))
    (number,) = world.found(replace(finding, evidence=pack))
    page = running.signed_in().get(f"/console/cases/{number}").text
    assert "1  pads_thin: Brake pad, front left" in page
    assert "Sensor is stuck, weight 0.4" in page
    assert "<b>gone" not in page
    assert f"finding {finding.id}" in page
