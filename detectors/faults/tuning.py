"""Profiles with other parameters: what an installation sets in ``[detectors.watch.<device type>.<symptom>]``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches

from detectors.faults.profile import Profile, Watch
from detectors.faults.profiles import PROFILES
from kit.errors import SettingsError

Overrides = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Device type, symptom, parameter: its value."""

SECTION = "detectors.watch"
SILENT, AFTER, LASTING = "silent", "after_s", "lasting_s"
MOST = 62  # readings that a detector remembers one by one
COUNTS = frozenset({"need", "of"})


def tuned(profile: Profile, symptoms: Mapping[str, Mapping[str, float]]) -> Profile:
    """`profile` with the parameters of those symptoms changed; every watch of a symptom takes the change.

    The symptom ``silent`` has the parameters ``after_s`` and ``lasting_s`` (see `Profile`); it goes for types that are
    missed when they fall silent.
    Raises SettingsError naming the key, and what there is instead.
    """
    known = {watch.symptom for watch in profile.watches} | ({SILENT} if profile.silent_after_s else set())
    for symptom, parameters in symptoms.items():
        key = f"{SECTION}.{profile.device_type}.{symptom}"
        if symptom not in known:
            raise SettingsError(f"'{key}' changes a symptom that is not watched.", one_of(symptom, known))
        for name, value in parameters.items():
            _check(f"{key}.{name}", name, value, _parameters(profile, symptom))
    watches = tuple(_changed(watch, symptoms.get(watch.symptom, {})) for watch in profile.watches)
    silent = symptoms.get(SILENT, {})
    after, lasting = silent.get(AFTER, profile.silent_after_s), silent.get(LASTING, profile.silent_lasting_s)
    return replace(profile, watches=watches, silent_after_s=round(after), silent_lasting_s=round(lasting))


def one_of(word: str, known: Iterable[str]) -> str:
    """A fix for a word that is not `known`: the nearest one first."""
    names = sorted(known)
    nearest = get_close_matches(word, names, 1)
    listed = f"It knows: {', '.join(names)}." if names else "There is nothing to change."
    return f"Did you mean '{nearest[0]}'? {listed}" if nearest else listed


def _changed(watch: Watch, parameters: Mapping[str, float]) -> Watch:
    return replace(watch, parameters={**watch.parameters, **parameters}) if parameters else watch


def _parameters(profile: Profile, symptom: str) -> set[str]:
    """What may be set of a symptom: whatever any profile sets of its detector."""
    if symptom == SILENT:
        return {AFTER, LASTING}
    detectors = {watch.detector for watch in profile.watches if watch.symptom == symptom}
    everyone = [profile, *(other for _, other in PROFILES.items())]
    return {key for one in everyone for watch in one.watches if watch.detector in detectors for key in watch.parameters}


def _check(key: str, name: str, value: float, known: set[str]) -> None:
    if name not in known:
        raise SettingsError(f"Unknown parameter '{key}'.", one_of(name, known))
    if not math.isfinite(value):
        raise SettingsError(f"'{key}' is {value}.", "Give a finite number.")
    if name in COUNTS and not (value == int(value) and 1 <= value <= MOST):
        raise SettingsError(f"'{key}' is {value:g}.", f"Give a whole number of readings from 1 to {MOST}.")
    if (name.endswith(("_ms", "_s")) and value < 0) or (name in {AFTER, LASTING} and value < 1):
        raise SettingsError(f"'{key}' is {value:g}.", "A time cannot be negative, and silence takes at least a second.")
