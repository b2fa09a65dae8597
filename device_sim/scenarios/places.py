"""The people of the demonstration: invented names, real time zones, addresses that nobody can own (RFC 2606)."""

from __future__ import annotations

from dataclasses import dataclass

from device_sim.scenarios.scenario import Customer


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


def customer(place: Place, number: int) -> Customer:
    """The person of that number in `place`."""
    name, language = place.names[number]
    slug = name.lower().replace(" ", ".")
    return Customer(
        id=f"c-{place.short}-{number + 1}",
        name=name,
        language=language,
        time_zone=place.time_zone,
        email=f"{slug}@example.org",
        consents=() if (place.short, number) in UNASKED else ("service",),
        unit_system=place.unit_system,
    )


def device_label(customer_name: str, language: str, kind: str) -> str:
    """What the owner calls the device."""
    first = customer_name.split(maxsplit=1)[0]
    german = {"vehicle": f"Auto von {first}", "heat_pump": "Wärmepumpe", "wearable": f"Armband von {first}"}
    english = {"vehicle": f"{first}'s car", "heat_pump": "Heat pump", "wearable": f"{first}'s band"}
    return (german if language == "de" else english)[kind]
