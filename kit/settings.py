"""Settings: one TOML file and ``FOREWARN__SECTION__KEY`` variables, one typed section per folder, no unknown keys.

Precedence, strongest first: environment, the TOML file, what a running ``forewarn up`` wrote about the services
that it started, the defaults.
"""

from __future__ import annotations

import json
import os
import secrets
import tomllib
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from kit.errors import SettingsError
from kit.plugins import parts

PREFIX = "FOREWARN__"
RUN_FILE = "run.json"

S = TypeVar("S", bound="Section")


class Section(BaseModel):
    """One table of the configuration file; `name` is the table's name. Every field has a description."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)
    name: ClassVar[str]


class Core(Section):
    """Where the product keeps its files and how it logs."""

    name: ClassVar[str] = "core"
    data_dir: Path = Field(Path(".forewarn"), description="Folder for everything that is written on this machine.")
    tenant: str = Field("demo", description="Tenant that this installation serves; part of every topic.")
    public_url: str = Field("http://127.0.0.1:8080", description="Address under which people reach the web pages.")
    secret: SecretStr | None = Field(
        None, description="Key that signs forms; empty: made once and kept in the data folder."
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    log_json: bool = Field(False, description="Log one JSON object a line instead of text for people.")


class Database(Section):
    """The PostgreSQL server."""

    name: ClassVar[str] = "database"
    url: SecretStr | None = Field(
        None, description="postgresql://user:password@host/name; empty: `forewarn up` starts a local server."
    )
    pool_size: int = Field(5, ge=1, le=100, description="Connections that one process keeps open.")


class Broker(Section):
    """The MQTT broker."""

    name: ClassVar[str] = "broker"
    url: str | None = Field(
        None, description="mqtt://host:port or mqtts://host:port; empty: `forewarn up` starts a local broker."
    )
    username: str | None = Field(None, description="User name of Forewarn's own connections.")
    password: SecretStr | None = Field(None, description="Password of Forewarn's own connections.")
    ca_file: Path | None = Field(None, description="CA certificate that signs the broker's certificate.")


class Settings:
    """Every section of every folder, validated. ``settings.of(SomeConfig)`` gives one, typed."""

    def __init__(self, sections: dict[str, Section], file: Path | None) -> None:
        self._sections = sections
        self.file = file

    def of(self, section: type[S]) -> S:
        """The validated section of that type."""
        return cast("S", self._sections[section.name])

    def public(self) -> dict[str, Any]:
        """Every value with secrets masked, ready to print."""
        return {name: section.model_dump(mode="json") for name, section in sorted(self._sections.items())}

    def data_path(self, *names: str) -> Path:
        """A path below the data folder; its parent is made."""
        path = self.of(Core).data_dir.joinpath(*names).absolute()
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def secret_key(self) -> bytes:
        """The key that signs forms: the configured one, else one made on first use (mode 0600)."""
        if given := self.of(Core).secret:
            return given.get_secret_value().encode()
        path = self.data_path("secret.key")
        try:
            path.touch(mode=0o600, exist_ok=False)
            path.write_text(secrets.token_hex(32), "ascii")
        except FileExistsError:
            pass
        return path.read_bytes()


def section_types() -> dict[str, type[Section]]:
    """Every section by table name: the three of `kit` and one ``Config`` of each folder."""
    own: list[type[Section]] = [Core, Database, Broker]
    return {section.name: section for section in own + [module.Config for module in parts("config")]}


def load(file: Path | None = None, environ: dict[str, str] | None = None) -> Settings:
    """Read and check the whole configuration.

    `file` defaults to ``FOREWARN_CONFIG``, else ``forewarn.toml`` in this folder when it exists.
    Raises SettingsError naming the key and what it may be.
    """
    env = dict(os.environ) if environ is None else environ
    path = file or _default_file(env)
    values = _read_toml(path) if path else {}
    _merge(values, _from_environment(env))
    types = section_types()
    unknown = sorted(set(values) - set(types))
    if unknown:
        raise SettingsError(
            f"Unknown configuration section '{unknown[0]}'.", f"Sections are: {', '.join(sorted(types))}."
        )
    core = cast("Core", _validate(Core, values.get("core", {})))
    values = _merge(_running_services(core.data_dir), values)
    return Settings({name: _validate(kind, values.get(name, {})) for name, kind in types.items()}, path)


def _default_file(env: dict[str, str]) -> Path | None:
    if named := env.get("FOREWARN_CONFIG"):
        return Path(named)
    here = Path("forewarn.toml")
    return here if here.is_file() else None


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The configuration file {path} is not valid TOML: {error}.") from error


def _from_environment(env: dict[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, text in env.items():
        if not key.startswith(PREFIX) or not text:
            continue  # an empty variable counts as not set: compose files cannot leave one out
        path = key.removeprefix(PREFIX).lower().split("__")
        if len(path) < 2:
            raise SettingsError(f"{key} names no section.", f"Write {PREFIX}SECTION__KEY, as in {PREFIX}BROKER__URL.")
        table = values
        for step in path[:-1]:
            table = table.setdefault(step, {})
        table[path[-1]] = text
    return values


def _running_services(data_dir: Path) -> dict[str, Any]:
    try:
        run = json.loads((data_dir / RUN_FILE).read_text("utf-8"))
        return dict(run["settings"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Lay `above` over `below`, table by table; changes and returns `below`."""
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict):
            _merge(below[key], value)
        else:
            below[key] = value
    return below


def _validate(kind: type[Section], values: Any) -> Section:
    if not isinstance(values, dict):
        raise SettingsError(f"'{kind.name}' must be a table.", f"Write [{kind.name}] and its keys below it.")
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        key = ".".join([kind.name, *(str(step) for step in first["loc"])])
        if first["type"] == "extra_forbidden":
            known = ", ".join(sorted(kind.model_fields))
            raise SettingsError(f"Unknown setting '{key}'.", f"[{kind.name}] knows: {known}.") from None
        raise SettingsError(f"Setting '{key}' is not usable: {first['msg']}.", "Correct it, or remove it.") from None
