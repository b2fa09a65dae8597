"""The device page: what it said, what it was told, and who may tell it anything."""

from __future__ import annotations

import pytest

from api.security import accounts
from detectors import queries as findings
from ingest import commands
from ingest.commands import Command
from ingest.registry.devices import DeviceSpec, access_device, register
from kit.db import transaction
from tests.api.conftest import Running
from tests.api.world import ADDRESS, World

PAGE = "/console/devices/car-0417"
WISH = {"command": "identify", "reason": "Which one is it?", "minutes": "60"}


def told(world: World, identifier: str = "car-0417") -> list[Command]:
    with transaction(world.engine) as session:
        return commands.of_device(session, access_device(session, world.tenant, identifier))


def test_a_command_from_the_page_is_queued_with_who_and_why(world: World, running: Running) -> None:
    world.staff()
    world.fleet()
    browser = running.signed_in()
    answer = browser.post(f"{PAGE}/commands", on=PAGE, **WISH)
    assert answer.status_code == 303
    assert "on its way" in browser.get(answer.headers["location"]).text
    (command,) = told(world)
    assert (command.name, command.state, command.requested_by, command.reason) == (
        "identify", "queued", ADDRESS, "Which one is it?",
    )  # fmt: skip
    assert (command.expires_at - command.created_at).total_seconds() == 3600
    assert "Queued" in browser.get(PAGE).text


def test_who_may_not_send_commands_is_told_so_and_the_wish_is_kept(world: World, running: Running) -> None:
    world.staff(commands=False)
    world.fleet()
    browser = running.signed_in()
    page = browser.get(PAGE).text
    assert "You may not send commands" in page
    assert "Send the command" not in page
    answer = browser.post(f"{PAGE}/commands", on=PAGE, **WISH)
    assert "nothing was sent" in browser.get(answer.headers["location"]).text
    assert [(command.state, command.requested_by) for command in told(world)] == [("refused", ADDRESS)]


def test_a_permission_holds_from_the_next_request_on(world: World, running: Running) -> None:
    world.staff()
    world.fleet()
    browser = running.signed_in()
    assert "Send the command" in browser.get(PAGE).text
    with transaction(world.engine) as session:
        accounts.permit(session, world.tenant, ADDRESS, commands=False)
    assert "Send the command" not in browser.get(PAGE).text


def test_a_command_that_the_device_does_not_know_is_refused(world: World, running: Running) -> None:
    world.staff()
    world.fleet()
    browser = running.signed_in()
    assert browser.post(f"{PAGE}/commands", on=PAGE, **WISH | {"command": "explode"}).status_code == 409
    assert browser.post(f"{PAGE}/commands", on=PAGE, **WISH | {"minutes": "0"}).status_code == 400
    assert browser.post("/console/devices/none/commands", on=PAGE, **WISH).status_code == 404
    assert told(world) == []


def test_a_forged_command_is_not_sent(world: World, running: Running) -> None:
    world.staff()
    world.fleet()
    browser = running.signed_in()
    assert browser.http.post(f"{PAGE}/commands", data=WISH).status_code == 403
    assert told(world) == []


@pytest.mark.slow
def test_a_call_for_help_shows_its_words_its_readings_and_whether_the_device_is_there(
    world: World, running: Running
) -> None:
    world.staff()
    number = world.help_case()
    browser = running.signed_in()
    case = browser.get(f"/console/cases/{number}").text
    assert "It is cold in room 12" in case
    assert "Answer the call for help" in case
    assert "Supply" in case
    assert "Not judged" in case
    device = browser.get("/console/devices/hp-1871").text
    for words in ("Online", "Asked for help", "It is cold in room 12", "blinked", "Not allowed", "Failed"):
        assert words in device, words


def test_a_flooding_device_is_a_matter_for_staff(world: World, running: Running) -> None:
    world.staff()
    world.fleet()
    summary = "Device sends far too much. 100 messages above what a device may send were throttled within 1 s."
    (number,) = world.found(world.finding("car-0417", "flooding", (), summary=summary))
    page = running.signed_in().get(f"/console/cases/{number}").text
    assert "Calm the device" in page
    assert "Expected and seen, as a table" not in page


def test_the_page_shows_the_hub_and_what_is_behind_it(world: World, running: Running) -> None:
    world.staff()
    with transaction(world.engine) as session:
        register(session, DeviceSpec(world.tenant, "hub-1", "hub"))
        register(session, DeviceSpec(world.tenant, "room-1", "room_sensor", label="Nursery", parent="hub-1"))
    browser = running.signed_in()
    assert '<a href="/console/devices/hub-1">hub-1</a>' in browser.get("/console/devices/room-1").text
    assert '<a href="/console/devices/room-1">Nursery</a>' in browser.get("/console/devices/hub-1").text


def test_the_page_says_what_became_normal_without_a_case(world: World, running: Running) -> None:
    world.staff()
    world.fleet()
    assert "What became normal" not in running.signed_in().get(PAGE).text
    said = "Indoor temperature has been so for 7 d without growing."
    settled = world.finding("car-0417", "unusual_behaviour", (), summary="", reasons=(said,), kind="normal")
    with transaction(world.engine) as session:
        findings.write(session, [settled])
    assert said in running.signed_in().get(PAGE).text
