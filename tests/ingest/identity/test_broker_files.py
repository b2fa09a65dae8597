"""The broker's files: in step with the registry, touched only when something changed, never with a secret in clear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ingest.errors import BrokerFolderUnusable
from ingest.identity import credentials
from ingest.identity.authority import Authority
from ingest.identity.broker import enforced, texts
from ingest.identity.broker.enforced import Enforced
from ingest.identity.broker.folder import ENVIRONMENT, BrokerFolder
from ingest.identity.broker.role import Keeper
from ingest.identity.broker.texts import ForeignTopic, Listeners, Profile
from ingest.identity.credentials import Kind
from ingest.registry.devices import Device, DeviceSpec, register, set_revoked

NOTHING = Enforced({}, (), ())


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    return Authority.init(tmp_path / "ca", "Test devices")


@pytest.fixture
def folder(tmp_path: Path, ca: Authority) -> BrokerFolder:
    folder = BrokerFolder(tmp_path / "broker", "demo")
    write(folder, ca)
    return folder


def write(folder: BrokerFolder, ca: Authority, password: str | None = None) -> None:
    folder.write(
        ca, profile=Profile.FAST, listeners=Listeners(), hosts=["localhost"], password=password, payload_kb=256
    )


def now() -> datetime:
    return datetime.now(UTC)


def test_what_holds_is_read_from_the_registry(session: Session, car: Device) -> None:
    other = register(session, DeviceSpec("demo", "car-2", "vehicle"))
    register(session, DeviceSpec("other", "car-3", "vehicle"))
    credentials.give_password(session, car)
    credentials.give_password(session, car)
    credentials.give_password(session, other)
    credentials.give_key(session, car)
    credentials.keep(session, car, Kind.CERTIFICATE, "aa")
    credentials.keep(session, other, Kind.CERTIFICATE, "bb", now() - timedelta(seconds=1))
    newest = next(c.proof for c in credentials.of_device(session, car.no) if c.kind is Kind.PASSWORD)
    holds = enforced.read(session, "demo")
    assert holds.passwords["car-1"] == newest
    assert (set(holds.passwords), holds.revoked, holds.serials) == ({"car-1", "car-2"}, (), ("bb",))
    credentials.revoke(session, car)
    set_revoked(session, car.no, revoked=True)
    holds = enforced.read(session, "demo")
    assert (set(holds.passwords), holds.revoked, holds.serials) == ({"car-2"}, ("car-1",), ("aa", "bb"))


def test_the_keeper_reads_the_registry_only_when_it_changed(
    engine: Engine, session: Session, car: Device, folder: BrokerFolder, ca: Authority
) -> None:
    keeper, at = Keeper(engine, folder, ca, ()), now()
    session.commit()
    assert sorted(keeper.keep(at)) == ["acl", "revoked.pem"]
    (folder.path / texts.ACL).write_text("spoilt")
    assert keeper.keep(at + timedelta(minutes=59)) == []
    assert keeper.keep(at + timedelta(minutes=61)) == ["acl"]
    changes: list[tuple[Callable[[], object], list[str]]] = [
        (lambda: credentials.give_password(session, car), ["passwords"]),
        (lambda: credentials.give_password(session, car), ["passwords"]),
        (lambda: credentials.keep(session, car, Kind.CERTIFICATE, "1f"), []),
        (lambda: credentials.end(session, car, Kind.CERTIFICATE, timedelta(0)), ["revoked.pem"]),
        (lambda: set_revoked(session, car.no, revoked=True), ["passwords", "acl"]),
        (lambda: set_revoked(session, car.no, revoked=False), ["passwords", "acl"]),
        (lambda: credentials.revoke(session, car), ["passwords"]),
    ]
    for change, files in changes:
        change()
        session.commit()
        assert keeper.keep(at + timedelta(minutes=62)) == files


def test_a_sync_changes_only_what_changed(folder: BrokerFolder, ca: Authority) -> None:
    assert sorted(folder.sync(ca, NOTHING, (), now())) == ["acl", "revoked.pem"]
    assert folder.sync(ca, NOTHING, (), now()) == []
    assert folder.sync(ca, replace(NOTHING, passwords={"car-1": "$7$x"}), (), now()) == ["passwords"]
    revoked = Enforced({}, ("car-1",), ("1f",))
    assert folder.sync(ca, revoked, (), now()) == ["passwords", "acl", "revoked.pem"]
    assert folder.sync(ca, revoked, (), now()) == []
    assert folder.sync(ca, revoked, (), now() + timedelta(days=300)) == ["server.pem"]


def test_an_empty_or_foreign_folder_is_refused(tmp_path: Path, folder: BrokerFolder, ca: Authority) -> None:
    with pytest.raises(BrokerFolderUnusable):
        BrokerFolder(tmp_path, "demo").sync(ca, NOTHING, (), now())
    with pytest.raises(BrokerFolderUnusable):
        folder.sync(Authority.init(tmp_path / "another", "Another"), NOTHING, (), now())


def test_forewarns_own_password_stays_unless_one_is_given(folder: BrokerFolder, ca: Authority) -> None:
    environment, kept = ((folder.path / name).read_text() for name in (ENVIRONMENT, texts.PASSWORDS))
    folder.sync(ca, replace(NOTHING, passwords={"car-1": "$7$x"}), (), now())
    write(folder, ca)
    assert (folder.path / ENVIRONMENT).read_text() == environment
    assert (folder.path / texts.PASSWORDS).read_text().startswith(kept)
    write(folder, ca, "mine")
    assert "PASSWORD=mine" in (folder.path / ENVIRONMENT).read_text()
    assert "mine" not in (folder.path / texts.PASSWORDS).read_text()
    assert kept not in (folder.path / texts.PASSWORDS).read_text()


def test_every_file_is_its_owners_alone(folder: BrokerFolder, ca: Authority) -> None:
    folder.sync(ca, NOTHING, (), now())
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.path.iterdir() if path.is_file())


def test_the_operators_own_lines_are_added(folder: BrokerFolder, ca: Authority) -> None:
    (folder.path / texts.OWN_ACL).write_text("user bridge\ntopic write spBv1.0/#\n")
    (folder.path / texts.OWN_PASSWORDS).write_text("bridge:$7$y\n")
    folder.sync(ca, NOTHING, (), now())
    assert "\nuser bridge\ntopic write spBv1.0/#\npattern " in (folder.path / texts.ACL).read_text()
    assert (folder.path / texts.PASSWORDS).read_text().endswith("bridge:$7$y\n")


def test_the_access_list_ties_every_topic_to_the_identity() -> None:
    lines = texts.acl("demo", "_forewarn", ["car-9"], [], "").splitlines()
    patterns = [line for line in lines if line.startswith("pattern")]
    assert patterns
    assert all(line.split()[2].startswith("fw/v1/demo/%u/") for line in patterns)
    assert lines[-2:] == ["user car-9", "topic deny #"]


@pytest.mark.parametrize(
    ("topic", "filters", "pattern", "own"),
    [
        ("plant/{device}/up", ("plant/+/up",), "pattern write plant/%u/up", "topic readwrite plant/#"),
        ("plant/dev-{device}/up", ("plant/+/up",), None, "topic readwrite plant/#"),
        ("", ("spBv1.0/+/NDATA/#", "spBv1.0/+/NBIRTH/#"), None, "topic readwrite spBv1.0/#"),
        ("one/topic", ("one/topic",), None, "topic readwrite one/topic"),
    ],
)
def test_foreign_topics_are_tied_where_the_device_is_a_level(
    topic: str, filters: tuple[str, ...], pattern: str | None, own: str
) -> None:
    lines = texts.acl("demo", "_forewarn", [], [ForeignTopic(filters, topic)], "").splitlines()
    foreign = [line for line in lines if line.startswith("pattern") and "fw/v1" not in line]
    assert foreign == ([pattern] if pattern else [])
    assert lines.count(own) == 1
