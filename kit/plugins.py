"""Discovery: the folders above `kit` with the parts that each may have, and the registries of plug-ins.

Every folder listed in the entry-point group ``forewarn.folders`` may hold these modules, all optional:

``config``      a `kit.settings.Section` subclass named ``Config``
``cli``         a function ``register(root)`` that adds its commands to the root Typer application
``tables``      imported so that its tables join ``kit.db.Base.metadata``
``migrations``  a package of Alembic revisions, one branch per folder
``build``       any of the hooks below

``build.ROLES``      ``{name: Role}``: long-running processes that ``worker run`` and ``up`` start
``build.FIRST_RUN``  ``[Step]``: idempotent steps that ``up`` takes before the roles
``build.pulse``      ``function(engine, settings) -> dict``: this folder's part of ``status --json``
``build.doctor``     ``function(settings) -> Iterable[Check]``: this folder's part of ``doctor``
``build.banner``     ``function(settings) -> list[str]``: lines that ``up`` prints once the roles are up

A plug-in of a kind (codec, store, detector …) is one line in that kind's `Registry`; an out-of-tree one is an entry
point of the group ``forewarn.<kind>``.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import entry_points
from types import ModuleType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from kit.errors import PluginError

if TYPE_CHECKING:
    from kit.settings import Settings
    from kit.supervise import Stop

GROUP = "forewarn.folders"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Role:
    """A long-running process: `run` returns when `stop` is set.

    `order` is the place in the start sequence (stopped in reverse); `demo` marks a role that ``up`` starts
    and a production install does not.
    """

    run: Callable[[Settings, Stop], None]
    help: str
    order: int = 50
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One idempotent thing that ``up`` does before the roles start, in `order`; `demo` as for `Role`."""

    label: str
    run: Callable[[Settings], None]
    order: int = 50
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """One line of ``forewarn doctor``: what was looked at, whether it is well, and the fix when it is not."""

    name: str
    ok: bool
    detail: str
    fix: str = ""


@cache
def folders() -> tuple[str, ...]:
    """Names of the installed folders, sorted."""
    return tuple(sorted(point.value for point in entry_points(group=GROUP)))


@cache
def parts(part: str) -> tuple[ModuleType, ...]:
    """The module `part` of every folder that has it."""
    names = [f"{folder}.{part}" for folder in folders()]
    return tuple(importlib.import_module(name) for name in names if importlib.util.find_spec(name))


def hooks(name: str) -> list[Any]:
    """The attribute `name` of every folder's ``build`` that has it."""
    return [getattr(build, name) for build in parts("build") if hasattr(build, name)]


def roles() -> dict[str, Role]:
    """Every role of every folder by name, in start order."""
    found: dict[str, Role] = {}
    for table in hooks("ROLES"):
        found.update(table)
    return dict(sorted(found.items(), key=lambda item: (item[1].order, item[0])))


def steps() -> list[Step]:
    """Every first-run step of every folder in order."""
    return sorted((step for table in hooks("FIRST_RUN") for step in table), key=lambda step: step.order)


class Registry(Generic[T]):
    """Plug-ins of one kind by name.

    `kind` is singular, in small letters (``codec``); out-of-tree plug-ins use the entry-point group
    ``forewarn.codec``. A built-in name cannot be replaced from outside.
    """

    def __init__(self, kind: str, builtin: Mapping[str, T]) -> None:
        self.kind = kind
        self._builtin = dict(builtin)

    @cached_property
    def _all(self) -> dict[str, T]:
        outside = {point.name: point for point in entry_points(group=f"forewarn.{self.kind}")}
        if clash := sorted(set(outside) & set(self._builtin)):
            raise PluginError(f"The {self.kind} '{clash[0]}' is built in.", "Give the plug-in another name.")
        return self._builtin | {name: cast("T", point.load()) for name, point in outside.items()}

    def get(self, name: str) -> T:
        """The plug-in `name`. Raises PluginError naming those that exist."""
        try:
            return self._all[name]
        except KeyError:
            raise PluginError(f"There is no {self.kind} '{name}'.", f"Known: {', '.join(sorted(self._all))}.") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def items(self) -> list[tuple[str, T]]:
        """Every plug-in with its name, in registration order."""
        return list(self._all.items())
