from __future__ import annotations

from pathlib import Path

import pytest

from kit.errors import SettingsError
from kit.settings import Broker, Core, Database, load, section_types


def test_the_environment_beats_the_file_and_the_file_beats_the_default(tmp_path: Path) -> None:
    file = tmp_path / "forewarn.toml"
    file.write_text('[core]\ntenant = "from-file"\nlog_level = "DEBUG"\n')
    settings = load(file, environ={"FOREWARN__CORE__TENANT": "from-env"})
    assert settings.of(Core).tenant == "from-env"
    assert settings.of(Core).log_level == "DEBUG"
    assert settings.of(Broker).url is None


@pytest.mark.parametrize(
    ("environ", "toml", "names"),
    [
        ({"FOREWARN__CORE__TENENTRY": "x"}, "", "core.tenentry"),
        ({"FOREWARN__COER__TENANT": "x"}, "", "coer"),
        ({"FOREWARN__TENANT": "x"}, "", "FOREWARN__TENANT"),
        ({}, "[core]\ntenentry = 1\n", "core.tenentry"),
        ({}, "core = 1\n", "core"),
        ({}, "[database]\npool_size = 0\n", "database.pool_size"),
        ({}, "[core\n", "TOML"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(environ: dict[str, str], toml: str, names: str, tmp_path: Path) -> None:
    file = tmp_path / "forewarn.toml"
    file.write_text(toml)
    with pytest.raises(SettingsError) as error:
        load(file, environ=environ)
    assert names in error.value.problem


def test_secrets_are_never_printed() -> None:
    settings = load(environ={"FOREWARN__DATABASE__URL": "postgresql://u:hunter2@h/d"})
    assert "hunter2" not in str(settings.public())
    assert "hunter2" not in repr(settings.of(Database))


def test_what_up_wrote_about_its_services_is_used_when_nothing_else_is_said(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"settings": {"broker": {"url": "mqtt://127.0.0.1:7"}}}')
    here = {"FOREWARN__CORE__DATA_DIR": str(tmp_path)}
    assert load(environ=here).of(Broker).url == "mqtt://127.0.0.1:7"
    assert load(environ=here | {"FOREWARN__BROKER__URL": "mqtt://b:1"}).of(Broker).url == "mqtt://b:1"


def test_a_damaged_run_file_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("[1")
    assert load(environ={"FOREWARN__CORE__DATA_DIR": str(tmp_path)}).of(Broker).url is None


def test_the_signing_key_is_made_once_and_only_ours_to_read(tmp_path: Path) -> None:
    settings = load(environ={"FOREWARN__CORE__DATA_DIR": str(tmp_path / "d")})
    key = settings.secret_key()
    assert len(key) == 64
    assert settings.secret_key() == key
    assert (tmp_path / "d" / "secret.key").stat().st_mode & 0o077 == 0


def test_every_setting_says_what_it_means() -> None:
    for name, kind in section_types().items():
        assert kind.__doc__, name
        for key, field in kind.model_fields.items():
            assert field.description, f"{name}.{key}"
