"""The engine: one partition's log frames in, findings out.

Everything depends on the sequence of frames alone: no clock, no randomness. Within a frame, and between the frames
of a replay, any cut gives the same findings with the same ids.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

import numpy as np

from detectors.algorithms.attention import Attention
from detectors.algorithms.catalogue import DETECTORS, OF_THE_HOUR
from detectors.algorithms.detector import Ints, Scores, new_state
from detectors.algorithms.seasonal import Seasonal
from detectors.algorithms.state import SlotState
from detectors.engine import flood
from detectors.engine.claims import ORDINARY, Teller
from detectors.engine.claims import ContactRule as ContactRule  # noqa: PLC0414 - who makes an engine needs it
from detectors.engine.coupled import Coupled
from detectors.engine.derive import SIGNAL_FIELDS, WATCH_FIELDS, derive, news
from detectors.engine.expiry import expired
from detectors.engine.fleet import Fleet, Lookup
from detectors.engine.flood import Floods
from detectors.engine.learning import Learning
from detectors.engine.presence import Presence, Seen
from detectors.engine.program import Program
from detectors.engine.run import Run
from detectors.faults import fusion
from detectors.faults.evidence import Band, Scene
from detectors.faults.fusion import Claim, Patient, Symptom
from detectors.faults.profile import TWO_SIDED
from detectors.finding import Finding
from ingest.reading import Frame, ReadingBatch, device_no, signal_no

HEARTBEAT_MS = 5_000  # the gateway's, as the setting's default
SWEEP_MS = 60_000  # how often silence is looked for, in log time
AHEAD_MS = 300_000  # past the receive time a reading is of a wrong clock; smaller leaves out ordinary drift, larger
# lets the future be learnt, and everything after it is then late
ASK_MS = 1_800_000  # how often it is asked who agrees to be judged; longer goes on after a "no", shorter is load
CHUNK = 65_536  # readings scored together; bounds the memory of a huge frame


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
        self._teller = Teller(contact, program.version)
        self.fleet = Fleet(program, lookup)
        self.log_ms = 0
        self.received_ms = 0
        self._asked = -1
        self.readings = 0
        self.skipped = 0
        self.patients: dict[int, Patient] = {}
        self.floods: Floods = {}
        self._detectors = [DETECTORS.get(name) for name in program.detectors]
        self._attention = Attention()
        self.states = {name: new_state(DETECTORS.get(name)) for name in program.detectors}
        self._presence = Presence(self.fleet, self.states)
        self._coupled = Coupled(program, self.fleet, self.states)
        self._learning = Learning(self.fleet, self.states)
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
            swept = (self.log_ms or frame.received_ms) // SWEEP_MS
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
        """What the time alone brings: silences, ends of floods, and what a device has become."""
        found = self._connected(self._presence.look(self.log_ms, self.received_ms)) + self._ask()
        found += self._connected(self._coupled.look(self.log_ms))
        found += flood.calm(self.floods, self.log_ms, self.received_ms, self._tenant)
        over = expired(self.fleet, self.patients, self.states["event"], self._slot_of, self.log_ms)
        for device, symptom in list(over):
            found += self._renew(device, symptom.watch, "recovered")
        for device, symptom in list(self._learning.normal(self.patients)):
            found += self._renew(device, symptom.watch, "normal")
        self._learning.freeze(self.patients, self._slot_of, self.received_ms)
        return found

    def _ask(self) -> list[Finding]:
        """Follow what people agreed to: what was learned of those who no longer agree is forgotten."""
        if self.log_ms // ASK_MS == self._asked:
            return []
        self._asked = self.log_ms // ASK_MS
        return [finding for device in self.fleet.ask() for finding in self._forget(device)]

    def _forget(self, device: int) -> list[Finding]:
        """Make every watch on the device's wearer a fresh one, and end what it showed."""
        kind, found = self.fleet.type_of(device), list[Finding]()
        for place, watch in enumerate(kind.profile.watches if kind else ()):
            if watch.vitals:
                found += self._renew(device, place, "withdrawn")
        return found

    def _renew(self, device: int, place: int, why: fusion.Why) -> list[Finding]:
        """Let a watch of the device learn anew, from nothing, and end what it showed."""
        number = int(self.fleet.columns["watch_at"][device]) + place
        watch = self.program.watches[int(self.fleet.columns["first_watch"][device]) + place]
        slot, state = int(self._slot_of[number]), self.states[watch.detector]
        state.renew(slot)
        state.set(slot, **watch.parameters)
        if watch.detector == "seasonal":
            self.states["attention"].renew(slot)
        self.states["watches"].renew(number)
        shown = self.patients.get(device, Patient()).symptoms.get(place)
        return self._changed(device, replace(shown, active=0, ts=self.received_ms), why) if shown else []

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
        self._coupled.hear(columns)
        state = (self.states["signals"], self.states["watches"])
        samples, skipped = derive(self.program, self.fleet.columns.rows, state, columns)
        self.skipped += skipped
        return spoke + self._fuse(self._score(samples))

    def _grow(self) -> None:
        self.watch_slots()
        self.states["signals"].grow(self.fleet.signals)
        self._presence.grow()
        self._coupled.grow()

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
            state, value = self.states[detector.name], samples.value[index]
            if detector.name in OF_THE_HOUR:
                ahead_ms = self.fleet.ahead_ms(self._device_of[watch], ts)
                scores = OF_THE_HOUR[detector.name].update(state, slot, ts, value, ahead_ms)
            else:
                scores = detector.update(state, slot, ts, value)
            for at in news(self.states["watches"], watch, ts, scores.active, scores.severity).tolist():
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
            ahead=_ahead(scores, at),
        )

    def _fuse(self, events: list[_Event]) -> list[Finding]:
        found: list[Finding] = []
        for event in events:
            device = int(self._device_of[event.watch])
            if event.symptom is not None:
                found += self._changed(device, event.symptom)
            elif self.fleet.type_of(device) is not None:
                place = event.watch - int(self.fleet.columns["watch_at"][device])
                patient = self.patients.setdefault(device, Patient())
                found += self._told(device, fusion.alert(patient, place, event.ts))
        return found

    def _changed(self, device: int, symptom: Symptom, why: fusion.Why = "recovered") -> list[Finding]:
        kind = self.fleet.type_of(device)
        if kind is None:
            return []
        patient = self.patients.setdefault(device, Patient())
        return self._told(device, fusion.change(patient, kind.device_type.name, symptom, why))

    def _told(self, device: int, made: list[Claim]) -> list[Finding]:
        """The claims as findings; none for a device that the registry has forgotten."""
        known, kind = self.fleet.devices[device], self.fleet.type_of(device)
        if not known.tenant or kind is None:
            return []
        scene = Scene(
            kind.device_type, kind.profile, partial(self.band, device), known.time_zone, partial(self._pace, device)
        )
        return self._teller.tell(made, self.patients[device], known, scene)

    def _pace(self, device: int, signal: int) -> float:
        """The usual time between two readings of a signal of the device, in ms."""
        return float(self.states["signals"]["usual_ms"][self.fleet.columns["signal_at"][device] + signal])

    def _heard(self, slots: Ints, batch: ReadingBatch, frame: Ints, received_ms: Ints, log_ms: Ints) -> list[Finding]:
        """Tell the detectors of presence who spoke in each frame, and how old the newest was of what they had kept."""
        spoke = self.fleet.spoke(slots, batch, frame)
        received = received_ms[spoke.frame]
        age = np.where(spoke.kept, np.maximum(received - spoke.newest, 0), 0)
        columns = self.fleet.columns
        columns["heard_ms"][spoke.device], columns["age_ms"][spoke.device] = received, age  # the last frame counts
        return self._connected(self._presence.heard(spoke, log_ms[spoke.frame], received, age))

    def _connected(self, seen: list[Seen]) -> list[Finding]:
        return [finding for device, symptom in seen for finding in self._changed(device, symptom)]


def _ahead(scores: Scores, at: int) -> tuple[float, float, float] | None:
    if scores.ahead is None:
        return None
    soonest, latest, chance = scores.ahead[at].tolist()
    return soonest, latest, chance
