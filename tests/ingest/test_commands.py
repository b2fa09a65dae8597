"""Commands down: who may queue what, what the broker takes once, and what an answer or silence makes of it."""

from __future__ import annotations

import uuid
from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings, strategies
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ingest import commands
from ingest.commands import Command, CommandState
from ingest.errors import CommandImpossible
from ingest.reading import DeviceEvent, EventKind
from ingest.registry.devices import Device, DeviceSpec, register
from kit.clock import SystemClock
from kit.db import transaction

NOW = SystemClock().now()
MINUTE = timedelta(minutes=1)


def ask(session: Session, device: Device, name: str = "identify", timeout: timedelta = MINUTE) -> Command:
    return commands.request(session, device, name, by="kim", reason="where is it?", now=NOW, timeout=timeout)


def answer(device: str, command_id: object, **said: object) -> DeviceEvent:
    body = msgspec.json.encode({"id": str(command_id), **said})
    return DeviceEvent(device, EventKind.COMMAND_ANSWER, 0, body)


def only(session: Session, device: Device) -> Command:
    (found,) = commands.of_device(session, device)
    return found


def test_a_command_goes_from_the_wish_to_the_answer(engine: Engine, fleet: list[Device]) -> None:
    car = fleet[0]
    with transaction(engine) as session:
        asked = ask(session, car)
    with transaction(engine) as session:
        claimed = commands.claim(session, "demo", NOW)
        assert claimed == asked
        commands.sent(session, asked.id, NOW)
    with transaction(engine) as session:
        assert commands.claim(session, "demo", NOW) is None
        assert only(session, car).state is CommandState.SENT
        assert commands.answered(session, "demo", [answer("car-0", asked.id, message="flashed")]) == 1
        done = only(session, car)
        assert (done.state, done.answer, done.requested_by, done.reason) == ("done", "flashed", "kim", "where is it?")
        assert done.ended_at is not None


def test_a_payload_says_which_command_it_is_and_when_it_stops_meaning_anything(
    engine: Engine, fleet: list[Device]
) -> None:
    with transaction(engine) as session:
        asked = commands.request(
            session, fleet[0], "identify", by="kim", reason="", now=NOW, timeout=MINUTE, arguments={"times": 3}
        )
    said = msgspec.json.decode(commands.payload(asked))
    assert said["id"] == str(asked.id)
    assert said["name"] == "identify"
    assert said["arguments"] == {"times": 3}
    assert said["expires"] == round((NOW + MINUTE).timestamp() * 1000)


def test_the_same_answer_twice_is_one(engine: Engine, fleet: list[Device]) -> None:
    with transaction(engine) as session:
        asked = ask(session, fleet[0])
        said = answer("car-0", asked.id, ok=False, message="no lights")
        assert commands.answered(session, "demo", [said, said]) == 1
        assert commands.answered(session, "demo", [answer("car-0", asked.id)]) == 0
        assert only(session, fleet[0]).state is CommandState.FAILED


def test_a_device_cannot_answer_for_another(engine: Engine, fleet: list[Device]) -> None:
    with transaction(engine) as session:
        asked = ask(session, fleet[0])
        assert commands.answered(session, "demo", [answer("car-1", asked.id)]) == 0
        assert commands.answered(session, "other", [answer("car-0", asked.id)]) == 0
        assert only(session, fleet[0]).state is CommandState.QUEUED


def test_silence_ends_a_command_and_a_late_answer_still_counts(engine: Engine, fleet: list[Device]) -> None:
    with transaction(engine) as session:
        asked = ask(session, fleet[0])
        assert commands.expire(session, "demo", NOW) == 0
        assert commands.expire(session, "demo", NOW + MINUTE) == 1
        assert only(session, fleet[0]).state is CommandState.EXPIRED
        assert commands.claim(session, "demo", NOW) is None
        assert commands.answered(session, "demo", [answer("car-0", asked.id)]) == 1
        assert only(session, fleet[0]).state is CommandState.DONE


def test_what_is_expired_is_not_sent(engine: Engine, fleet: list[Device]) -> None:
    with transaction(engine) as session:
        ask(session, fleet[0])
        assert commands.claim(session, "demo", NOW + MINUTE) is None


def test_two_gateways_do_not_send_the_same_command(engine: Engine, fleet: list[Device]) -> None:
    with transaction(engine) as session:
        first, second = ask(session, fleet[0]), ask(session, fleet[1])
    with transaction(engine) as one, transaction(engine) as other:
        claimed = [commands.claim(one, "demo", NOW), commands.claim(other, "demo", NOW)]
        assert {command.id for command in claimed if command} == {first.id, second.id}
        with transaction(engine) as third:
            assert commands.claim(third, "demo", NOW) is None


@pytest.mark.parametrize(
    ("name", "timeout"),
    [("self_destruct", MINUTE), ("identify", timedelta(0)), ("identify", timedelta(days=8)), ("\x00", MINUTE)],
)
def test_what_cannot_be_told_is_not_queued(engine: Engine, fleet: list[Device], name: str, timeout: timedelta) -> None:
    with transaction(engine) as session, pytest.raises(CommandImpossible):
        ask(session, fleet[0], name, timeout)


def test_arguments_that_no_device_could_read_are_not_queued(engine: Engine, fleet: list[Device]) -> None:
    for arguments in ({"text": "x" * 3000}, {"text": "\x00"}, {"speed": float("nan")}):
        with transaction(engine) as session, pytest.raises(CommandImpossible):
            commands.request(
                session, fleet[0], "identify", by="kim", reason="", now=NOW, timeout=MINUTE, arguments=arguments
            )


def test_a_device_is_not_buried_under_commands(engine: Engine, fleet: list[Device]) -> None:
    with transaction(engine) as session:
        for _ in range(commands.OPEN_MOST):
            ask(session, fleet[0])
        with pytest.raises(CommandImpossible):
            ask(session, fleet[0])
        ask(session, fleet[1])


def test_a_wish_that_was_not_allowed_is_kept_and_not_sent(engine: Engine, fleet: list[Device]) -> None:
    with transaction(engine) as session:
        commands.refuse(session, fleet[0], "identify", by="eve", reason="fun", now=NOW, why="eve may not")
        kept = only(session, fleet[0])
        assert (kept.state, kept.requested_by, kept.answer) == ("refused", "eve", "eve may not")
        assert commands.claim(session, "demo", NOW) is None
        assert commands.answered(session, "demo", [answer("car-0", kept.id)]) == 0


def test_a_type_without_commands_has_none(engine: Engine) -> None:
    with transaction(engine) as session:
        device = register(session, DeviceSpec("demo", "ahu-1", "air_handler"))
        assert commands.possible(device) == ()


BODIES = strategies.one_of(
    strategies.binary(max_size=200),
    strategies.builds(
        lambda key, ok, text: msgspec.json.encode({"id": key, "ok": ok, "message": text}),
        strategies.one_of(strategies.uuids(), strategies.text(max_size=40)),
        strategies.one_of(strategies.booleans(), strategies.none(), strategies.integers(-5, 5)),
        strategies.text(max_size=900),
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(bodies=strategies.lists(BODIES, max_size=5))
def test_nothing_that_a_device_says_raises(engine: Engine, bodies: list[bytes]) -> None:
    with transaction(engine) as session:
        said = [DeviceEvent("nobody", EventKind.COMMAND_ANSWER, 0, body) for body in bodies]
        assert commands.answered(session, "demo", said) == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(text=strategies.text(max_size=900))
def test_an_answer_keeps_whatever_text_the_device_writes(engine: Engine, text: str) -> None:
    with transaction(engine) as session:
        device = register(session, DeviceSpec("demo", f"car-{uuid.uuid4().hex[:8]}", "vehicle"))
        asked = ask(session, device)
        assert commands.answered(session, "demo", [answer(device.identifier, asked.id, message=text)]) == 1
        assert len(only(session, device).answer) <= commands.TEXT_MOST
