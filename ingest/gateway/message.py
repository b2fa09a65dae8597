"""One decoded message: is its time possible, and is each of its values what its signal allows.

Each reading is judged by itself, so a broken one never drags its neighbours down.

Times: a clock that says a time before 2000 has been reset and counts as none; a device without a clock gets the
receive time, one millisecond apart within a burst. A clock about which something was decided is put right. What is
then more than five minutes ahead, or more than a day behind without the `historical` mark, keeps its time and is
marked `Quality.CLOCK_OFF`; more than three days ahead, or older than `history_days`, it is refused.
"""

from __future__ import annotations

from ingest.gateway.gather import Columns
from ingest.gateway.judge import Refused, event_time, value_of
from ingest.gateway.known import Known
from ingest.reading import Quality
from ingest.registry.clocks import offset_at
from ingest.wire.catalogue import Kind
from ingest.wire.message import Message

AHEAD_MS = 5 * 60_000  # smaller marks devices with an ordinary drift, larger lets a wrong clock hide a fault for long
AHEAD_MOST_MS = 3 * 86_400_000  # smaller refuses clocks that could be measured and put right, larger stores nonsense
NO_CLOCK_MS = 946_684_800_000  # the year 2000: clocks that lost their battery begin at 1970 or 1980
STALE_MS = 24 * 3_600_000  # smaller marks a parked car's evening as a wrong clock, larger believes a dead clock battery
_SEQ_END = 1 << 63


class MessageReader:
    """Judges messages of known devices. Remembers nothing but the last clockless time of each."""

    def __init__(self, history_ms: int) -> None:
        self._history_ms = history_ms
        self._clockless: dict[int, int] = {}

    def take_all(self, known: Known, messages: list[Message], received_ms: int, into: Columns) -> None:
        """Sort the readings of one payload's messages into good and refused, and count them as received.

        For a device without a clock "now" is the receive time, but always later than its last: what was queued and
        comes in one burst keeps its order and its distance.
        """
        now_ms = max(received_ms, self._clockless.get(known.base, 0) + 1)
        for message in messages:
            into.received += max(len(message.signals), 1)
            self._take(known, message, received_ms, now_ms, into)
            if message.clock != "ok" or _reset(message, received_ms):
                self._clockless[known.base] = now_ms
                now_ms += message.clock != "relative"

    def _take(self, known: Known, message: Message, received_ms: int, now_ms: int, into: Columns) -> None:
        try:
            ts, quality = self._head(known, message, received_ms, now_ms)
        except Refused as no:
            into.refuse(no.reason, no.detail, len(message.signals))
            return
        if not message.signals:
            into.refuse("undecodable", "a message without signals")
        signals, base, before = known.signals, known.base, len(into.series)
        for name, value in message.signals.items():
            signal = signals.get(name)
            if signal is None:
                into.refuse("unknown_signal", name)
                continue
            kind = type(value)
            if signal.kind is Kind.NUMBER and (kind is float or kind is int) and signal.low <= value <= signal.high:
                into.value.append(value)  # the usual case, without a call
            else:
                try:
                    into.value.append(value_of(signal, value))
                except Refused as no:
                    into.refuse(no.reason, no.detail)
                    continue
            into.series.append(base | signal.number)
        taken = len(into.series) - before
        into.ts.extend([ts] * taken)
        into.quality.extend([quality] * taken)
        into.seq.extend([message.seq if 0 <= message.seq < _SEQ_END else -1] * taken)

    def _head(self, known: Known, message: Message, received_ms: int, now_ms: int) -> tuple[int, int]:
        """Event time and quality of a message. Raises Refused when all of it cannot be taken."""
        if message.device is not None and message.device != known.name:
            raise Refused("device_mismatch", f"the payload says {message.device}")
        quality = int(Quality.HISTORICAL) if message.historical else 0
        if message.clock == "none" or _reset(message, received_ms):
            return now_ms, quality | Quality.NO_CLOCK
        ts = event_time(message.ts)
        if message.clock == "relative":
            ts += now_ms
            quality |= Quality.NO_CLOCK
        elif offset := offset_at(known.offsets, ts):
            ts -= offset
            quality |= Quality.CLOCK_OFF | Quality.CORRECTED
        if ts > received_ms + AHEAD_MOST_MS:
            raise Refused("clock_ahead", f"{(ts - received_ms) / 86_400_000:,.1f} days ahead")
        if ts < max(received_ms - self._history_ms, 1):
            raise Refused("clock_behind", f"{(received_ms - ts) / 86_400_000:,.0f} days behind")
        if ts > received_ms + AHEAD_MS or (ts < received_ms - STALE_MS and not message.historical):
            quality |= Quality.CLOCK_OFF
        return ts, quality


def _reset(message: Message, received_ms: int) -> bool:
    """Whether the device's clock says a time at which there was no such device, and no time of today in seconds."""
    if message.clock != "ok" or message.ts is None:
        return False
    try:
        ts = event_time(message.ts)
    except Refused:
        return False
    return ts < NO_CLOCK_MS and abs(1000 * ts - received_ms) > STALE_MS
