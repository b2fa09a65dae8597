"""One foreign route: part of the ``[ingest]`` section."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class RouteConfig(BaseModel):
    """Topics on which foreign devices publish, how they are read, and how their signals are called here.

    With a codec, `topic` is where one device publishes, ``{device}`` in the place of its name, and ``+`` and ``#`` as
    usual. With a dialect it is the dialect's own prefix; empty: the usual one. `device` makes the identifier out of
    what the topic names (``{group}``, ``{node}`` and ``{device}`` in Sparkplug).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    format: str = Field(description="Codec or dialect.")
    topic: str = Field("", description="Topic with {device}, or the dialect's prefix.")
    listen: tuple[str, ...] = Field((), description="Further filters of a dialect, such as Home Assistant's states.")
    device: str = Field("", description="How an identifier is made out of the topic's names; empty: as usual.")
    rename: dict[str, str] = Field(default_factory=dict, description="Our signal name by the foreign one.")
    convert: dict[str, tuple[float, float]] = Field(
        default_factory=dict, description="Factor and offset by our signal name: kept is value × factor + offset."
    )
    time: str = Field("", description="Codec `mapping`: path of the event time; empty: /ts. Absent: the receive time.")
    values: dict[str, str] = Field(
        default_factory=dict, description="Codec `mapping`: path by signal name; empty: every value under its own path."
    )
