"""What a Home Assistant discovery message says of a device's entities: where their states come, how they are read.

Both forms are read: ``<prefix>/<component>/[<node>/]<object>/config`` for one entity, and
``<prefix>/device/<object>/config`` for all of a device, with or without the usual abbreviations. Of templates those
are read that take a value out: ``{{ value }}`` and ``{{ value_json.a['b'][0] }}``; filters that only round or convert
are passed over, because what the device said is more exact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_LONG = {
    "avty": "availability", "avty_t": "availability_topic", "avty_tpl": "availability_template", "cmps": "components",
    "dev": "device", "ids": "identifiers", "p": "platform", "pl_avail": "payload_available",
    "pl_not_avail": "payload_not_available", "pl_off": "payload_off", "pl_on": "payload_on", "stat_t": "state_topic",
    "t": "topic", "val_tpl": "value_template",
}  # fmt: skip
_TEMPLATE = re.compile(
    r"\s*\{\{-?\s*(?P<root>value_json|value)"
    r"(?P<path>(?:\.\w+|\[\s*'[^']*'\s*\]|\[\s*\"[^\"]*\"\s*\]|\[\s*\d+\s*\])*)\s*"
    r"(?:\|\s*(?:float|int|round|default|is_defined|string)\s*(?:\([^()]*\))?\s*)*-?\}\}\s*"
)
_STEP = re.compile(r"\.(\w+)|\[\s*'([^']*)'\s*\]|\[\s*\"([^\"]*)\"\s*\]|\[\s*(\d+)\s*\]")
_SWITCHES = {"binary_sensor", "switch", "light", "lock", "fan", "siren", "input_boolean"}
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Reach:
    """Where in a payload a value stands: the whole text, or these steps into its JSON."""

    json: bool
    steps: tuple[str | int, ...] = ()

    def value(self, text: str, content: Any) -> Any:
        """The value, out of the payload as text and as parsed JSON; `ABSENT` where it is not there."""
        if not self.json:
            return text
        for step in self.steps:
            if isinstance(content, dict):
                content = content.get(str(step), _ABSENT)
            elif isinstance(content, list) and isinstance(step, int) and step < len(content):
                content = content[step]
            else:
                return _ABSENT
        return content


ABSENT = _ABSENT
"""Stands for a value that a payload does not have."""


@dataclass(frozen=True, slots=True)
class Availability:
    """A topic that says whether a device is there, and the texts for yes and no."""

    topic: str
    reach: Reach
    yes: str
    no: str


@dataclass(frozen=True, slots=True)
class Entity:
    """One signal of a device: on which topic its state comes and where in it; `on` and `off` for switches."""

    signal: str
    topic: str
    reach: Reach
    on: str | None
    off: str | None


@dataclass(frozen=True, slots=True)
class Discovered:
    """What one discovery message announces; `name` is how it calls the device."""

    name: str
    entities: tuple[Entity, ...]
    availability: tuple[Availability, ...]
    broken: tuple[str, ...]


def discovered(levels: list[str], content: dict[str, Any]) -> Discovered:
    """Read a discovery message; `levels` is its topic without prefix and ``config``. Broken parts are named."""
    config = _plain(content)
    component, *middle, object_id = levels
    name = (middle[0] if middle else "") or (object_id if component == "device" else _identifier(config)) or object_id
    parts: list[tuple[str, str, dict[str, Any]]] = [(component, object_id, config)]
    if component == "device":
        found = config.get("components")
        parts = [
            (str(part.get("platform", part.get("p", ""))), key, _plain(config | part))
            for key, part in (found.items() if isinstance(found, dict) else ())
            if isinstance(part, dict)
        ]
    entities: list[Entity] = []
    availability: dict[str, Availability] = {}
    broken: list[str] = []
    for kind, key, part in parts:
        try:
            availability |= {one.topic: one for one in _availability(part)}
            if entity := _entity(kind, key.removeprefix(f"{name}_"), part):
                entities.append(entity)
        except ValueError as error:
            broken.append(f"{key}: {error}")
    return Discovered(name, tuple(entities), tuple(availability.values()), tuple(broken))


def _plain(content: dict[str, Any]) -> dict[str, Any]:
    """The configuration with long keys and whole topics."""
    config = {_LONG.get(key, key): value for key, value in content.items()}
    base = config.get("~")
    if isinstance(base, str):
        for key, value in config.items():
            if key.endswith("topic") and isinstance(value, str) and key != "~":
                start, end = value[:1] == "~", value[-1:] == "~"
                config[key] = base + value[1:] if start else value[:-1] + base if end else value
    return config


def _identifier(config: dict[str, Any]) -> str:
    device = config.get("device")
    given = _plain(device).get("identifiers") if isinstance(device, dict) else None
    first = given[0] if isinstance(given, list) and given else given
    return first if isinstance(first, str) else ""


def _entity(kind: str, signal: str, config: dict[str, Any]) -> Entity | None:
    """The entity; None for one that has no state, such as a button. Raises ValueError."""
    topic = config.get("state_topic")
    if topic is None:
        return None
    if not isinstance(topic, str) or not topic or not signal:
        raise ValueError("state_topic is no topic")
    switch = kind in _SWITCHES
    on, off = (str(config.get(f"payload_{way}", way.upper())) for way in ("on", "off"))
    return Entity(signal, topic, _reach(config.get("value_template")), on if switch else None, off if switch else None)


def _availability(config: dict[str, Any]) -> list[Availability]:
    """Raises ValueError."""
    found = config.get("availability", [])
    listed = (
        [_plain(one | {"~": config.get("~")}) for one in found if isinstance(one, dict)]
        if isinstance(found, list)
        else []
    )
    if "availability_topic" in config:
        listed.append({"topic": config["availability_topic"], "value_template": config.get("availability_template")})
    texts = [(key, default) for key, default in (("payload_available", "online"), ("payload_not_available", "offline"))]
    return [
        Availability(
            str(one["topic"]),
            _reach(one.get("value_template")),
            *(str(one.get(key, config.get(key, default))) for key, default in texts),
        )
        for one in listed
        if isinstance(one.get("topic"), str)
    ]


def _reach(template: Any) -> Reach:
    """Where a template takes its value from. Raises ValueError for one that does more."""
    if template is None:
        return Reach(json=False)
    match = _TEMPLATE.fullmatch(template) if isinstance(template, str) and len(template) < 500 else None
    if match is None:
        raise ValueError(f"the template {str(template)[:80]!r} is none that is read here")
    if match["root"] == "value" and match["path"]:
        raise ValueError("a text has no parts")
    steps = [int(step[3]) if step[3] else step[0] or step[1] or step[2] for step in _STEP.findall(match["path"])]
    return Reach(match["root"] == "value_json", tuple(steps))
