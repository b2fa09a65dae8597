"""Devices: a searchable list, and one device: values, its last two days, its cases, what it said and was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.charts.data import Chart
from api.console.access import SignedIn, Staff
from api.console.commands import DONE, GIVE_UP, USUAL
from api.console.pictures import device_charts
from api.console.trips import trips
from api.pages import page
from api.site import Db, Here, Site
from api.telemetry import Latest, kind_of
from detectors import queries as findings
from ingest import commands, events
from ingest.registry.devices import Device, access_device, all_devices, children
from ingest.store.errors import StoreError
from ingest.writer import seen
from kit.clock import from_ms
from outreach.cases import queries
from outreach.customers import record

ROWS = 200  # of the list; more is found by searching

router = APIRouter()


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One line of the list."""

    device: Device
    type_label: str
    seen_at: datetime | None


@router.get("/devices")
def show(site: Here, staff: Staff, db: Db, search: Annotated[str, Query(alias="q", max_length=200)] = "") -> Response:
    """The list of devices."""
    wanted = search.strip().lower()
    found = [device for device in all_devices(db, staff.tenant) if _fits(device, wanted)]
    heard = seen.newest(db, [device.no for device in found[:ROWS]])
    return page(
        "console/devices.html",
        staff.reader,
        staff=staff,
        section="devices",
        now=site.clock.now(),
        rows=[DeviceRow(device, _type_label(device), _moment(heard.get(device.no))) for device in found[:ROWS]],
        count=len(found),
        search=search.strip(),
    )


@router.get("/devices/{identifier}")
def device(site: Here, staff: Staff, db: Db, identifier: str, done: str = "") -> Response:
    """One device."""
    found = access_device(db, staff.tenant, identifier)
    charts, latest, problem = _telemetry(site, staff, found)
    cases = queries.queue(db, staff.tenant, group="all", search=identifier, limit=100)
    return page(
        "console/device.html",
        staff.reader,
        staff=staff,
        section="devices",
        now=site.clock.now(),
        device=found,
        type_label=_type_label(found),
        children=children(db, staff.tenant, found.identifier),
        owner=record.find(db, staff.tenant, found.owner) if found.owner else None,
        charts=charts,
        latest=latest,
        store_problem=problem,
        cases=[row for row in cases if row.device == identifier],
        connection=events.status(db, found),
        heard=events.of_device(db, found),
        normal=findings.became_normal(db, staff.tenant, found.identifier),
        possible=commands.possible(found),
        commands=commands.of_device(db, found),
        give_up=GIVE_UP,
        usual=USUAL,
        trips=trips(db, found),
        done=done if done in DONE else "",
        done_words=DONE.get(done, ""),
    )


def _telemetry(site: Site, staff: SignedIn, device: Device) -> tuple[list[Chart], list[Latest], str]:
    try:
        charts = device_charts(site.telemetry, device, staff.reader, site.clock.now())
        return charts, site.telemetry.latest(device), ""
    except StoreError as error:
        return [], [], error.problem


def _moment(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)


def _fits(device: Device, wanted: str) -> bool:
    texts = (device.identifier, device.label, device.model, device.owner or "", _type_label(device))
    return any(wanted in text.lower() for text in texts)


def _type_label(device: Device) -> str:
    kind = kind_of(device)
    return kind.label if kind else device.type
