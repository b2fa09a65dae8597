"""The two ways of reading the gateway's socket, both on paho's connection, keep-alive, TLS and handlers.

`plain` leaves the reading to paho: one message, one callback. `fast` reads in large chunks and takes the PUBLISH
packets of a chunk apart at once (`scan`); every other packet goes to paho's own handler. Both stop reading while the
inbox is full. paho's private names used here exist in every version that the project allows; a test says so.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from typing import Any, cast

import numpy as np
import paho.mqtt.client as mqtt
from paho.mqtt import MQTTException
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from ingest import metrics
from ingest.gateway import scan
from ingest.gateway.inbox import Inbox
from ingest.gateway.packets import Packets
from ingest.gateway.scan import Found, Stop
from kit.logs import get

PAUSE_S = 0.05  # how long reading rests at a time while there is no room; longer delays what we have to send
CHUNK_BYTES = 512 * 1024  # read at a time; smaller makes small batches, larger falls out of the processor's cache
SMALL_BYTES = 32 * 1024  # after a smaller read it pays to wait for more before anybody is woken
TYPICAL_BYTES = 16  # of a short packet; larger only makes a chunk of tiny ones take several rounds
LINGER_S = 0.002  # that wait: shorter costs CPU at a few thousand messages a second, longer adds latency

_MALFORMED = (MQTTException, struct.error, ValueError, LookupError)  # what paho's handlers raise over bad packets

_log = get("gateway.receive")


class PlainClient(mqtt.Client):
    """A persistent session of MQTT 3.1.1 with manual acknowledgement, whose messages go to an inbox one by one."""

    linger_s = LINGER_S  # how long the inbox should wait for more: messages come one by one

    def __init__(self, inbox: Inbox, client_id: str) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=False,
            protocol=mqtt.MQTTv311,
            manual_ack=True,
        )
        self._inbox = inbox
        self._acknowledging = threading.Lock()
        self.failure = ""  # why the last connection could not be made
        self.on_message = self._put

    def reconnect(self) -> MQTTErrorCode:
        """Connect as a new epoch, before paho forgets what was to be sent: no old acknowledgement gets through."""
        with self._acknowledging:
            self._inbox.new_connection()
        try:
            return super().reconnect()
        except (OSError, ValueError) as error:  # a host name that cannot be is a ValueError, which would end the thread
            self.failure = str(error) or type(error).__name__
            raise ConnectionError(self.failure) from error

    def acknowledge(self, packets: Packets) -> None:
        """Send the acknowledgements of `packets` in one write, unless another connection stands by now."""
        ready = scan.pubacks(packets.mid)
        with self._acknowledging:
            if ready and packets.epoch == self._inbox.epoch:
                self._packet_queue(mqtt.PUBACK, ready, int(packets.mid[-1]), 1)

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read what the socket has, or rest a moment while the inbox has no room."""
        if not self._inbox.wait_for_room(PAUSE_S):
            metrics.reading_paused.set(1)
            self._ping_t = 0.0  # the answer to our ping may lie unread: its absence says nothing while we rest
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        metrics.reading_paused.set(0)
        return self._read(max_packets)

    def _read(self, max_packets: int) -> MQTTErrorCode:
        return super().loop_read(max_packets)

    def _put(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        topic = message._topic  # noqa: SLF001 - its bytes: `topic` raises where they are no UTF-8
        self._inbox.put_one(topic, bytes(message.payload), message.mid if message.qos else 0)


class FastClient(PlainClient):
    """The same session, its socket read in large chunks."""

    linger_s = 0.0  # it waits itself, before anybody is woken

    def __init__(self, inbox: Inbox, client_id: str) -> None:
        super().__init__(inbox, client_id)
        scan.warm()
        self._columns = scan.columns(CHUNK_BYTES // TYPICAL_BYTES)
        self._chunk = np.empty(CHUNK_BYTES, np.uint8)
        self._filled = 0

    def reconnect(self) -> MQTTErrorCode:
        """Connect as a new epoch; half a packet of the old connection is forgotten."""
        self._filled = 0
        return super().reconnect()

    def _read(self, max_packets: int) -> MQTTErrorCode:  # noqa: ARG002 - paho's own signature
        if self._sock is None:
            return MQTTErrorCode.MQTT_ERR_NO_CONN
        ended = self._fill()
        failed = self._hand_on()
        if self._sock is None:  # a handler closed it and said so
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        if failed or ended:
            return self._loop_rc_handle(failed or ended)
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _fill(self) -> MQTTErrorCode:
        """Read until the chunk is full or nothing more comes; after a small read wait a little once.

        TLS hands over one record at a time and hides the next from `select`, so this reads until it has to wait.
        """
        before, lingered = self._filled, False
        while self._filled < len(self._chunk):
            try:
                count = cast("socket.socket", self._sock).recv_into(self._chunk[self._filled :].data)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                if lingered or not 0 < self._filled - before < SMALL_BYTES:
                    break
                lingered = True
                time.sleep(LINGER_S)
                continue
            except OSError as error:
                _log.info("the connection broke while reading", reason=error.strerror or type(error).__name__)
                return MQTTErrorCode.MQTT_ERR_CONN_LOST
            if count == 0:
                return MQTTErrorCode.MQTT_ERR_CONN_LOST
            self._filled += count
        if self._filled > before:
            self._heard()
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _heard(self) -> None:
        """Tell paho's keep-alive that something came: 2.1 looks at the first name, 2.2 at the second."""
        with self._msgtime_mutex:
            self._last_msg_in = self._last_bytes_received = time.monotonic()

    def _hand_on(self) -> MQTTErrorCode:
        """Give every complete packet of the chunk to whom it belongs and keep the incomplete one for the next read."""
        at, found, failed = 0, None, MQTTErrorCode.MQTT_ERR_SUCCESS
        while not failed and self._sock is not None:
            found = scan.scan(self._chunk, at, self._filled, self._columns)
            if found.packets:
                self._inbox.put(scan.taken(self._chunk, at, found, self._columns, self._inbox.epoch))
            at = found.at
            if found.stop is Stop.PARTIAL:
                break
            if found.stop is Stop.MALFORMED:
                _log.error("the broker sent what is no MQTT packet for us; connecting again")
                failed = MQTTErrorCode.MQTT_ERR_PROTOCOL
            elif found.stop is Stop.OTHER:
                failed = self._handle(found)
                at += found.size
        self._keep_from(at, found.size if found else 0)
        return failed

    def _handle(self, found: Found) -> MQTTErrorCode:
        """Let paho handle one packet that is no PUBLISH."""
        end = found.at + found.size
        self._in_packet["command"] = int(self._chunk[found.at])
        self._in_packet["remaining_length"] = found.body
        self._in_packet["packet"] = bytearray(self._chunk[end - found.body : end].tobytes())
        try:
            return self._packet_handle()
        except _MALFORMED as error:
            _log.error("the broker sent a malformed packet; connecting again", reason=str(error))
            return MQTTErrorCode.MQTT_ERR_PROTOCOL

    def _keep_from(self, at: int, size: int) -> None:
        """Move the incomplete packet to the front of a chunk that can hold it; `size` of it, 0 while unknown."""
        rest = self._chunk[at : self._filled]
        room = max(CHUNK_BYTES, size)
        if room == len(self._chunk):
            self._chunk[: len(rest)] = rest
        else:
            chunk = np.empty(room, np.uint8)
            chunk[: len(rest)] = rest
            self._chunk = chunk
        self._filled = len(rest)
