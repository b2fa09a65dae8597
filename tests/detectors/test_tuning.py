"""What an installation may change of what is watched, and from when a customer may be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from detectors.config import Config
from detectors.engine.engine import ContactRule, Engine
from detectors.engine.program import Program, compile_profiles
from detectors.finding import Finding
from kit.errors import SettingsError
from kit.settings import load
from tests.detectors.detector_feed import device, drive, frames


def found(program: Program, contact: ContactRule, coolant: float) -> list[Finding]:
    car = device(1, "vehicle")
    engine = Engine(program, lambda _: {1: car}, contact=contact)
    return [one for part in frames(drive(1, 40, coolant=coolant), []) for one in engine.process(part)]


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (ContactRule(), True),
        (ContactRule(severity=6.0), False),
        (ContactRule(confidence=0.999), False),
        (ContactRule(severity=5.5, confidence=0.5), True),
    ],
)
def test_a_customer_is_told_only_from_the_severity_and_the_confidence_that_were_set(
    program: Program, rule: ContactRule, told: bool
) -> None:
    (finding,) = found(program, rule, coolant=121.0)
    assert finding.contact is told


def test_the_right_to_contact_changes_nothing_else_of_a_finding(program: Program) -> None:
    (lenient,), (strict,) = (found(program, ContactRule(severity=level), 121.0) for level in (0.0, 900.0))
    assert replace(strict, contact=True) == lenient


def test_a_parameter_that_was_set_is_what_the_watch_runs_by() -> None:
    strict = compile_profiles({"vehicle": {"coolant_hot": {"limit": 125.0}}})
    assert found(strict, ContactRule(), coolant=121.0) == []
    assert [one.fault for one in found(strict, ContactRule(), coolant=131.0)] == ["coolant_leak"]


def test_how_long_a_silence_counts_can_be_set_and_goes_into_the_version(program: Program) -> None:
    patient = compile_profiles({"wearable": {"silent": {"after_s": 86_400}}})
    assert patient.types["wearable"].profile.silent_after_s == 86_400
    assert patient.version != program.version
    assert compile_profiles({}).version == program.version


@pytest.mark.parametrize(
    ("overrides", "key", "fix"),
    [
        ({"vehicel": {}}, "detectors.watch.vehicel", "'vehicle'"),
        ({"vehicle": {"coolant_hott": {}}}, "detectors.watch.vehicle.coolant_hott", "'coolant_hot'"),
        ({"vehicle": {"silent": {"after_s": 60}}}, "detectors.watch.vehicle.silent", "coolant_hot"),
        ({"vehicle": {"coolant_hot": {"limt": 1}}}, "detectors.watch.vehicle.coolant_hot.limt", "'limit'"),
        ({"vehicle": {"coolant_hot": {"last_ts": 1}}}, "coolant_hot.last_ts", "limit"),
        ({"vehicle": {"coolant_hot": {"limit": float("nan")}}}, "coolant_hot.limit", "finite"),
        ({"vehicle": {"fuel_trim": {"need": 2.5}}}, "fuel_trim.need", "whole number"),
        ({"vehicle": {"fuel_trim": {"of": 63}}}, "fuel_trim.of", "62"),
        ({"vehicle": {"fuel_trim": {"hold_ms": -1}}}, "fuel_trim.hold_ms", "negative"),
        ({"wearable": {"silent": {"after_s": 0}}}, "wearable.silent.after_s", "second"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_with_its_key_and_the_fix(
    overrides: Mapping[str, Mapping[str, Mapping[str, float]]], key: str, fix: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        compile_profiles(overrides)
    assert key in caught.value.problem
    assert fix in caught.value.fix


def test_the_configuration_file_and_the_environment_may_set_them() -> None:
    variables = {
        "FOREWARN__DETECTORS__CONTACT_SEVERITY": "2.5",
        "FOREWARN__DETECTORS__WATCH__VEHICLE__COOLANT_HOT__LIMIT": "112",
    }
    config = load(environ=variables).of(Config)
    assert config.contact_severity == 2.5
    assert config.watch == {"vehicle": {"coolant_hot": {"limit": 112.0}}}
