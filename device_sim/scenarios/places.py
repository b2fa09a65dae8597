"""Where customers live, and who they are: invented names, real zones, addresses that nobody can own (RFC 2606)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from device_sim.scenarios.scenario import AGREED, Customer


@dataclass(frozen=True, slots=True)
class Place:
    """A time zone with its people: `names` and the language of each; `short` stands in device ids."""

    short: str
    time_zone: str
    names: tuple[tuple[str, str], ...]
    unit_system: str = "metric"


PLACES = (
    Place(
        "ber",
        "Europe/Berlin",
        (
            ("Anna Keller", "de"),
            ("Jonas Brandt", "de"),
            ("Miriam Vogt", "de"),
            ("Paul Okafor", "en"),
            ("Lea Winter", "de"),
        ),
    ),
    Place(
        "nyc",
        "America/New_York",
        (
            ("Grace Miller", "en"),
            ("Daniel Ortiz", "en"),
            ("Ruth Cohen", "en"),
            ("Sam Whitfield", "en"),
            ("Ida Novak", "en"),
        ),
        "imperial",
    ),
    Place(
        "den",
        "America/Denver",
        (
            ("Walter Reyes", "en"),
            ("Karin Schulz", "de"),
            ("Noah Bennett", "en"),
            ("Joy Adeyemi", "en"),
            ("Tom Larsen", "en"),
        ),
        "imperial",
    ),
    Place(
        "tyo",
        "Asia/Tokyo",
        (
            ("Yuki Tanaka", "en"),
            ("Haruto Sato", "en"),
            ("Emi Kobayashi", "en"),
            ("Lukas Meier", "de"),
            ("Aoi Mori", "en"),
        ),
    ),
)
UNASKED = frozenset({("ber", 4), ("den", 4)})  # who never agreed to be contacted
COACHED = frozenset({("ber", 0), ("nyc", 0), ("tyo", 0)})  # who asked to be coached about how they drive


def customer(place: Place, number: int) -> Customer:
    """The person of that number in `place`."""
    name, language = place.names[number]
    wishes = AGREED + (("coaching",) if (place.short, number) in COACHED else ())
    slug = name.lower().replace(" ", ".")
    return Customer(
        id=f"c-{place.short}-{number + 1}",
        name=name,
        language=language,
        time_zone=place.time_zone,
        email=f"{slug}@example.org",
        consents=() if (place.short, number) in UNASKED else wishes,
        unit_system=place.unit_system,
    )


def resident(place: Place, number: int, chance: np.random.Generator) -> Customer:
    """A customer of `place` with that number, of a name put together from those of the place."""
    one, other = chance.integers(len(place.names), size=2).tolist()
    first, language = place.names[one]
    name = f"{first.split()[0]} {place.names[other][0].split()[-1]}"
    return Customer(
        id=f"c-{place.short}-{number}",
        name=name,
        language=language,
        time_zone=place.time_zone,
        email=f"{name.lower().replace(' ', '.')}.{number}@{place.short}.example.org",
        unit_system=place.unit_system,
    )


WORN = {
    "vehicle": ("car", "Auto"),
    "electric_vehicle": ("electric car", "Elektroauto"),
    "wearable": ("band", "Armband"),
}
GERMAN = {
    "heat_pump": "Wärmepumpe",
    "air_handler": "Lüftungsanlage",
    "freezer": "Gefrierschrank",
    "circulation_pump": "Umwälzpumpe",
    "washing_machine": "Waschmaschine",
    "water_meter": "Wasserzähler",
    "hub": "Zentrale",
    "room_sensor": "Raumsensor",
    "leak_sensor": "Leckmelder",
}


def device_label(customer_name: str, language: str, kind: str) -> str:
    """What the owner calls a device of that type."""
    first = customer_name.split(maxsplit=1)[0]
    english = kind.replace("_", " ").capitalize()
    if kind in WORN:
        own, eigen = WORN[kind]
        return f"{eigen} von {first}" if language == "de" else f"{first}'s {own}"
    return GERMAN.get(kind, english) if language == "de" else english
