from __future__ import annotations

import pytest

from kit.errors import PluginError
from kit.plugins import Registry, folders, roles


def test_an_unknown_plug_in_is_answered_with_the_known_ones() -> None:
    registry = Registry("fruit", {"apple": 1, "pear": 2})
    assert registry.get("apple") == 1
    with pytest.raises(PluginError) as error:
        registry.get("plum")
    assert "plum" in error.value.problem
    assert "apple, pear" in error.value.fix


def test_every_folder_is_found() -> None:
    assert folders() == ("api", "detectors", "device_sim", "ingest", "outreach")


def test_roles_start_in_an_order_in_which_each_finds_what_it_reads() -> None:
    names = list(roles())
    assert names.index("gateway") < names.index("writer")
    assert names[-1] == "fleet"
    assert set(names) == {"gateway", "writer", "detector", "outreach", "web", "fleet"}
