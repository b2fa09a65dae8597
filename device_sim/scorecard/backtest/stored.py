"""The history of an installation: its registry, customers, consents, readings, and the verdicts of its people.

Only read; nothing is written, neither to the database nor to the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager

from sqlalchemy import select
from sqlalchemy.orm import Session

from detectors.tables import FindingRow, VerdictRow
from device_sim.errors import BacktestImpossible
from device_sim.faults.fault import Occurrence
from device_sim.scenarios.scenario import Handover
from device_sim.scorecard.backtest.history import History, ReadingsOf, Wanted, span
from device_sim.stream import DeviceSpec
from ingest.build import open_store
from ingest.reading import ReadingBatch, series_id
from ingest.registry import devices as registry
from ingest.registry.devices import Device
from ingest.store.protocol import TelemetryStore
from ingest.wire.device_types import DEVICE_TYPES
from kit.clock import to_ms
from kit.db import connect, transaction
from kit.settings import Core, Settings
from outreach.customers import record


@contextmanager
def stored(
    settings: Settings, devices: Sequence[str], wanted: Wanted, truth: Sequence[Occurrence] | None
) -> Iterator[History]:
    """The history of these devices, of all without any; `truth` takes the place of the verdicts.

    The store stays open for the length of the block. Raises BacktestImpossible, UnknownDevice, StoreUnavailable.
    """
    engine = connect(settings)
    try:
        with closing(open_store(settings, read_only=True)) as store:
            stats = store.stats()
            if not stats.readings:
                raise BacktestImpossible("The telemetry store is empty.", "Give --files or --scenario instead.")
            start, judged, end = span(stats.first_ms, stats.last_ms, wanted)
            with transaction(engine) as session:
                yield _history(session, settings.of(Core).tenant, devices, (start, judged, end), truth, store)
    finally:
        engine.dispose()


def _history(  # noqa: PLR0917
    session: Session,
    tenant: str,
    names: Sequence[str],
    times: tuple[int, int, int],
    truth: Sequence[Occurrence] | None,
    store: TelemetryStore,
) -> History:
    start, judged, end = times
    chosen = [registry.access_device(session, tenant, name) for name in names] or registry.all_devices(session, tenant)
    known = [device for device in chosen if device.type in DEVICE_TYPES]
    specs, handovers = list[DeviceSpec](), list[Handover]()
    for device in known:
        owners = registry.owners(session, device.no)
        first = next((one.owner for one in owners if one.ended_at is None or to_ms(one.ended_at) > start), "")
        later = [(to_ms(one.started_at), one.owner) for one in owners if start < to_ms(one.started_at) < end]
        handovers += [Handover(device.identifier, owner, at) for at, owner in later if owner != first]
        specs.append(_spec(device, first))
    verdicts = _judged(session, tenant) if truth is None else {"true": list(truth)}
    ours = {spec.id for spec in specs}
    return History(
        "stored history",
        start,
        judged,
        end,
        tuple(specs),
        tuple(record.every(session, tenant)),
        tuple(sorted(handovers, key=lambda one: one.at_ms)),
        tuple(one for one in verdicts.get("true", []) if one.device in ours),
        tuple(one for name in ("false", "benign") for one in verdicts.get(name, []) if one.device in ours),
        complete=truth is not None,
        readings=_reader(store, known),
    )


def _spec(device: Device, owner: str) -> DeviceSpec:
    return DeviceSpec(
        device.identifier, device.type, device.model, device.firmware, device.label, owner, device.time_zone
    )


def _reader(store: TelemetryStore, devices: Sequence[Device]) -> ReadingsOf:
    series = {
        device.identifier: [series_id(device.no, signal.number) for signal in DEVICE_TYPES.get(device.type).signals]
        for device in devices
    }

    def read(start_ms: int, end_ms: int) -> Iterable[tuple[str, ReadingBatch]]:
        for name, wanted in series.items():
            yield name, store.read(wanted, start_ms, end_ms)

    return read


def _judged(session: Session, tenant: str) -> dict[str, list[Occurrence]]:
    """Findings on which somebody gave an opinion, by the newest one, from their onset to when they were cleared."""
    opinions = select(VerdictRow.finding_id, VerdictRow.verdict).order_by(VerdictRow.at, VerdictRow.id)
    newest = {finding: verdict for finding, verdict in session.execute(opinions)}  # noqa: C416 - rows are no pairs
    rows = session.scalars(select(FindingRow).where(FindingRow.tenant == tenant).order_by(FindingRow.detected)).all()
    ends = {(row.device, row.fault, row.onset): to_ms(row.detected) for row in rows if row.kind == "cleared"}
    found: dict[str, list[Occurrence]] = {}
    for row in rows:
        if row.kind == "raised" and row.id in newest:
            onset, end = to_ms(row.onset), ends.get((row.device, row.fault, row.onset))
            found.setdefault(newest[row.id], []).append(Occurrence(row.device, row.fault, onset, onset, end))
    return found
