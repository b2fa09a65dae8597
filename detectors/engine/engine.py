"""The engine: one partition's log frames in, findings out.

Everything depends on the sequence of frames alone: no clock, no randomness. Within a frame, and between the frames
of a replay, any cut gives the same findings with the same ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import numpy as np

from detectors.algorithms.attention import Attention
from detectors.algorithms.catalogue import DETECTORS
from detectors.algorithms.detector import Floats, Ints, Scores, new_state
from detectors.algorithms.seasonal import Seasonal
from detectors.algorithms.state import SlotState
from detectors.engine import flood
from detectors.engine.derive import SIGNAL_FIELDS, WATCH_FIELDS, changed, derive
from detectors.engine.fleet import Fleet, Lookup
from detectors.engine.flood import Floods
from detectors.engine.program import Program
from detectors.engine.run import Run
from detectors.faults import fusion
from detectors.faults.catalogue import FAULTS
from detectors.faults.evidence import Band, Scene, build, confidence
from detectors.faults.fusion import Claim, Patient, Symptom
from detectors.faults.profile import TWO_SIDED
from detectors.finding import Finding, finding_id
from ingest.reading import Frame, ReadingBatch, device_no, signal_no
from kit.clock import from_ms

HEARTBEAT_MS = 5_000  # the gateway's, as the setting's default
SWEEP_MS = 60_000  # how often silence is looked for, in log time
AHEAD_MS = 300_000  # past the receive time a reading is of a wrong clock; smaller leaves out ordinary drift, larger
# lets the future be learnt, and everything after it is then late
CHUNK = 65_536  # readings scored together; bounds the memory of a huge frame
MISSING_MOST = 0.5  # a claim from a window with more missing is for staff, not for the customer
GRACE_MS = 900_000.0  # silence must be watched at least so long


@dataclass(frozen=True, slots=True)
class ContactRule:
    """From which severity and confidence on a finding may be told to the customer; below, it is for staff."""

    severity: float = 0.5
    confidence: float = 0.0


ORDINARY = ContactRule()


@dataclass(frozen=True, slots=True)
class _Event:
    """A sample at which something happened: a symptom changed, or the attention stage raised an alert."""

    sample: int
    watch: int
    symptom: Symptom | None
    ts: int


class Engine:
    """See the module. Not safe for threads."""

    def __init__(
        self,
        program: Program,
        lookup: Lookup,
        tenant: str = "",
        contact: ContactRule = ORDINARY,
        heartbeat_ms: int = HEARTBEAT_MS,
    ) -> None:
        """`tenant` is whose log it is: a device that only floods never says so in a reading.

        Log time moves at most two heartbeats a frame, so that our outage is nobody's silence.
        """
        self.program = program
        self._tenant = tenant
        self._step_most_ms = 2 * heartbeat_ms
        self._contact = contact
        self.fleet = Fleet(program, lookup)
        self.log_ms = 0
        self.received_ms = 0
        self.readings = 0
        self.skipped = 0
        self.patients: dict[int, Patient] = {}
        self.floods: Floods = {}
        self._detectors = [DETECTORS.get(name) for name in program.detectors]
        self._silence = DETECTORS.get("silence")
        self._attention = Attention()
        self.states = {name: new_state(DETECTORS.get(name)) for name in (*program.detectors, "silence")}
        self.states["signals"] = SlotState("signals", program.version, SIGNAL_FIELDS)
        self.states["watches"] = SlotState("watches", program.version, WATCH_FIELDS)
        self.states["attention"] = SlotState("attention", self._attention.version, self._attention.fields)
        self._slot_of: Ints = np.empty(0, np.int64)  # detector slot of each watch
        self._device_of: Ints = np.empty(0, np.int64)  # device slot of each watch

    def process(self, *frames: Frame) -> list[Finding]:
        """Take over frames, small ones together; the findings that they led to."""
        found: list[Finding] = []
        run = Run()
        for frame in frames:
            if len(run) + len(frame.readings) > CHUNK:
                found += self._take(run)
                run = Run()
            swept = self.log_ms // SWEEP_MS
            self._tick(frame)
            run.add(frame, self.log_ms, self.received_ms)
            if frame.refusals:
                found += flood.take(self.floods, frame, self.log_ms, self._tenant)
            if self.log_ms // SWEEP_MS != swept:
                found += self._take(run) + self._sweep()
                run = Run()
        return found + self._take(run)

    def _tick(self, frame: Frame) -> None:
        step = frame.received_ms - self.received_ms if self.received_ms else 0
        self.log_ms = self.log_ms + min(max(step, 0), self._step_most_ms) if self.log_ms else frame.received_ms
        self.received_ms = max(self.received_ms, frame.received_ms)

    def _sweep(self) -> list[Finding]:
        """Look for devices that have fallen silent, and for those whose flood is over."""
        columns, everyone = self.fleet.columns, np.arange(len(self.fleet.devices), dtype=np.int64)
        now = np.full(len(everyone), self.log_ms, np.int64)
        received_ms = np.full(len(everyone), self.received_ms, np.int64)
        age = np.full(len(everyone), np.nan)
        found = self._silent(everyone, now, received_ms, age, columns["heard_ms"] - columns["age_ms"])
        return found + flood.calm(self.floods, self.log_ms, self.received_ms, self._tenant)

    def watch_slots(self) -> None:
        """Give every watch of every known device its place in its detector's state."""
        known = len(self._slot_of)
        if known == self.fleet.watches:
            return
        columns = self.fleet.columns
        programs: list[Ints] = []
        devices: list[Ints] = []
        for device in np.flatnonzero(columns["watch_at"] + columns["watches"] > known):
            first, count = int(columns["first_watch"][device]), int(columns["watches"][device])
            programs.append(np.arange(first, first + count))
            devices.append(np.full(count, device))
        program = np.concatenate(programs).astype(np.int64)
        detector = self.program.detector[program]
        slot = np.empty(len(program), np.int64)
        for number, name in enumerate(self.program.detectors):
            mine = np.flatnonzero(detector == number)
            start = int((self.program.detector[self._program_of()] == number).sum())
            slot[mine] = np.arange(start, start + len(mine))
            self._open_slots(name, start, program[mine])
        self._slot_of = np.concatenate([self._slot_of, slot])
        self._device_of = np.concatenate([self._device_of, *devices]).astype(np.int64)
        self.states["watches"].grow(self.fleet.watches)

    def band(self, device: int, place: int, start_ms: int, end_ms: int) -> Band:
        """What a seasonal watch (its place in the profile) expected of a device, hour by hour."""
        watch = int(self.fleet.columns["watch_at"][device]) + place
        seasonal = cast("Seasonal", DETECTORS.get("seasonal"))
        return tuple(seasonal.band(self.states["seasonal"], int(self._slot_of[watch]), start_ms, end_ms))

    def _program_of(self) -> Ints:
        """The program's watch number of each known watch."""
        columns, watches = self.fleet.columns, np.arange(len(self._device_of))
        device = self._device_of
        return np.asarray(columns["first_watch"][device] + watches - columns["watch_at"][device], np.int64)

    def _open_slots(self, name: str, start: int, programs: Ints) -> None:
        state = self.states[name]
        if state.slots >= start + len(programs):
            return  # restored from a checkpoint
        state.grow(start + len(programs))
        if name == "seasonal":
            self.states["attention"].grow(start + len(programs))
        for slot, program in enumerate(programs.tolist(), start):
            state.set(slot, **self.program.watches[program].parameters)

    def _take(self, run: Run) -> list[Finding]:
        """Score the frames of a run, one by one while a silent device may be heard again: that may be a finding."""
        if len(run.frames) > 1 and self.fleet.columns["silent"].any():
            return [finding for one in run.apart() for finding in self._take(one)]
        found: list[Finding] = []
        if not len(run):
            return found
        batch, frame = run.columns()
        for start in range(0, len(batch), CHUNK):
            part = slice(start, start + CHUNK)
            found += self._readings(batch.take(part), frame[part], run)
        return found

    def _readings(self, batch: ReadingBatch, frame: Ints, run: Run) -> list[Finding]:
        """Score readings; `frame` says in which frame of the run each came."""
        slots = self.fleet.slots(device_no(cast("Any", batch.series)))
        known = slots >= 0
        self.readings += len(batch)
        self.skipped += int((~known).sum())
        if not known.any():
            return []
        self._grow()
        if not known.all():
            slots, batch, frame = slots[known], batch.take(known), frame[known]
        received_ms = np.array(run.received_ms, np.int64)
        spoke = self._heard(slots, batch, frame, received_ms, np.array(run.log_ms, np.int64))
        if batch.ts.max() > received_ms[0] + AHEAD_MS:
            timely = batch.ts <= received_ms[frame] + AHEAD_MS
            self.skipped += int((~timely).sum())
            slots, batch = slots[timely], batch.take(timely)
        columns = (slots, cast("Ints", signal_no(cast("Any", batch.series))), batch.ts, batch.value)
        state = (self.states["signals"], self.states["watches"])
        samples, skipped = derive(self.program, self.fleet.columns.rows, state, columns)
        self.skipped += skipped
        return spoke + self._fuse(self._score(samples))

    def _grow(self) -> None:
        self.watch_slots()
        self.states["signals"].grow(self.fleet.signals)
        silence, start = self.states["silence"], self.states["silence"].slots
        silence.grow(len(self.fleet.devices))
        for device in range(start, len(self.fleet.devices)):
            kind = self.fleet.type_of(device)
            after = kind.profile.silent_after_s if kind and kind.device_type.always_on else 0
            period = 1000.0 * kind.device_type.period_s if kind else 1.0
            silence.set(
                device,
                period_ms=period,
                after_ms=1000.0 * after if after else np.inf,
                grace_ms=max(GRACE_MS, 3 * period),
                calm_ms=max(GRACE_MS, 3 * period),
            )

    def _score(self, samples: Any) -> list[_Event]:
        """Run every detector on its samples; what happened, in the order of the samples."""
        events: list[_Event] = []
        of = self.program.detector[samples.program]
        for number, detector in enumerate(self._detectors):
            index = np.flatnonzero(of == number)
            if not len(index):
                continue
            watch, ts = samples.watch[index], samples.ts[index]
            slot = self._slot_of[watch]
            scores = detector.update(self.states[detector.name], slot, ts, samples.value[index])
            for at in changed(watch, scores.active, self.states["watches"]["active"]).tolist():
                symptom = self._symptom(samples, int(index[at]), scores, at)
                events.append(_Event(int(index[at]), int(watch[at]), symptom, symptom.ts))
            if detector.name == "seasonal":
                alerts = self._attention.update(self.states["attention"], slot, ts, scores.surprise)
                raised = np.flatnonzero(alerts).tolist()
                events += [_Event(int(index[at]), int(watch[at]), None, int(ts[at])) for at in raised]
        return sorted(events, key=lambda event: (event.sample, event.symptom is None))

    def _symptom(self, samples: Any, sample: int, scores: Scores, at: int) -> Symptom:
        program = int(samples.program[sample])
        watch, active = self.program.watches[program], int(scores.active[at])
        side = "" if watch.detector not in TWO_SIDED else ":low" if active < 0 else ":high"
        device = int(self._device_of[samples.watch[sample]])
        return Symptom(
            key=watch.symptom + side,
            watch=program - int(self.fleet.columns["first_watch"][device]),
            active=active,
            onset=int(scores.onset[at]),
            ts=int(samples.ts[sample]),
            count=int(scores.count[at]),
            surprise=float(scores.surprise[at]),
            severity=float(scores.severity[at]),
            value=float(scores.judged[at]),
            low=float(scores.low[at]),
            high=float(scores.high[at]),
            first=float(samples.first[sample]),
            second=float(samples.second[sample]),
            unusual=watch.unusual,
        )

    def _fuse(self, events: list[_Event]) -> list[Finding]:
        found: list[Finding] = []
        for event in events:
            device = int(self._device_of[event.watch])
            kind, patient = self.fleet.type_of(device), self.patients.setdefault(device, Patient())
            if kind is None:
                continue
            if event.symptom is None:
                place = event.watch - int(self.fleet.columns["watch_at"][device])
                claims = fusion.alert(patient, place, event.ts)
            else:
                claims = fusion.change(patient, kind.device_type.name, event.symptom)
            found += [finding for claim in claims for finding in self._finding(device, claim)]
        return found

    def _heard(self, slots: Ints, batch: ReadingBatch, frame: Ints, received_ms: Ints, log_ms: Ints) -> list[Finding]:
        """Tell the silence detector who spoke in each frame, and how old the newest was of what they had kept."""
        spoke = self.fleet.spoke(slots, batch, frame)
        received = received_ms[spoke.frame]
        age = np.where(spoke.kept, np.maximum(received - spoke.newest, 0), 0)
        columns = self.fleet.columns
        columns["heard_ms"][spoke.device], columns["age_ms"][spoke.device] = received, age  # the last frame counts
        return self._silent(spoke.device, log_ms[spoke.frame], received, age.astype(np.float64), received - age)

    def _silent(self, devices: Ints, log_ms: Ints, received_ms: Ints, age: Floats, onset: Ints) -> list[Finding]:
        scores = self._silence.update(self.states["silence"], devices, log_ms, age)
        found: list[Finding] = []
        for at in sorted(
            changed(devices, scores.active, self.fleet.columns["silent"]).tolist(), key=devices.__getitem__
        ):
            device, since, now = int(devices[at]), int(onset[at]), int(received_ms[at])
            kind, patient = self.fleet.type_of(device), self.patients.setdefault(device, Patient())
            if kind is None:
                continue
            symptom = Symptom(
                "silent", len(kind.profile.watches), int(scores.active[at]), since, now, 0,
                float(scores.surprise[at]), float(scores.severity[at]), float(now - since), 0.0, 0.0, 0.0, 0.0,
            )  # fmt: skip
            claims = fusion.change(patient, kind.device_type.name, symptom)
            found += [finding for claim in claims for finding in self._finding(device, claim)]
        return found

    def _finding(self, device: int, claim: Claim) -> list[Finding]:
        """The claim as a finding; none for a device that the registry has forgotten."""
        known, kind = self.fleet.devices[device], self.fleet.type_of(device)
        if not known.tenant or kind is None:
            return []
        evidence = build(claim, Scene(kind.device_type, kind.profile, partial(self.band, device)))
        severity = max((symptom.severity for symptom in claim.symptoms), default=0.0)
        certainty = confidence(claim)
        sure = (
            evidence.readings_missing_share <= MISSING_MOST
            and severity >= self._contact.severity
            and certainty >= self._contact.confidence
        )
        names = {self._detector_of(kind.profile.watches, symptom) for symptom in claim.symptoms}
        onset = from_ms(claim.onset)
        return [
            Finding(
                id=finding_id(known.tenant, known.identifier, claim.fault, onset, claim.kind),
                tenant=known.tenant,
                device=known.identifier,
                fault=claim.fault,
                kind=claim.kind,
                onset=onset,
                detected=from_ms(claim.at),
                surprise=round(max((symptom.surprise for symptom in claim.symptoms), default=0.0), 3),
                severity=round(severity, 3),
                confidence=certainty,
                contact=claim.kind == "raised" and FAULTS.get(claim.fault).contact and sure,
                detector="+".join(sorted(names)),
                version=self.program.version,
                evidence=evidence,
            )
        ]

    @staticmethod
    def _detector_of(watches: Any, symptom: Symptom) -> str:
        return watches[symptom.watch].detector if symptom.watch < len(watches) else "silence"
