"""The simulator's MQTT clients: QoS 1, a bounded window, and what the broker acknowledged; the only file with paho.

MQTT 5 where the broker speaks it, because its acknowledgement says when nobody was subscribed (reason 16): such a
message reached nobody and is sent again, so that a fleet may start before its gateway. Otherwise MQTT 3.1.1.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from device_sim import metrics
from device_sim.address import Address
from device_sim.commands import ACK, answer
from device_sim.credentials import Credential
from device_sim.delivery import Outgoing, Tally
from device_sim.errors import CredentialsUnusable
from device_sim.loop import Loop
from device_sim.models.chance import number

KEEP_ALIVE_S = 30
NOBODY_LISTENS = 0x10
UNHEARD_PAUSE_S = 0.5  # between two tries of a message that nobody was subscribed to
RETRY_FIRST_S, RETRY_LONGEST_S = 1.0, 15.0  # between two tries to connect; shorter, and a thousand clients are a flood
MOST_IN_FLIGHT = 65_000  # paho's own window: ours decides


@dataclass(frozen=True, slots=True)
class Member:
    """One client of a fleet. `presence` is a topic with a retained ``online``, and ``offline`` as the last will.

    What comes on the topics of `commands` is answered at once.
    """

    client_id: str
    credential: Credential
    presence: str | None = None
    commands: tuple[str, ...] = ()


class Connection:
    """One client's connection, which comes back by itself and repeats what was not acknowledged: at least once.

    It lives on its loop's thread; only `offer` may be called from another.
    """

    def __init__(self, loop: Loop, tally: Tally, address: Address, member: Member, *, mqtt5: bool) -> None:
        self._loop, self._tally, self._member, self._address = loop, tally, member, address
        self._offered: deque[Outgoing] = deque()
        self._pending: dict[int, Outgoing] = {}
        self._unheard: list[Outgoing] = []
        self._limit = MOST_IN_FLIGHT
        self._called = self._writing = self._leaving = self._known = False
        self._goodbye: int | None = None
        self._attempts = 0
        self.connected = self.refused = self.gone = self.dialled_in_vain = False
        self._client = self._made(MQTTProtocolVersion.MQTTv5 if mqtt5 else MQTTProtocolVersion.MQTTv311)

    def offer(self, outgoing: Outgoing) -> None:
        """Send it as soon as there is room. From any thread."""
        self._offered.append(outgoing)
        if not self._called:
            self._called = True
            self._loop.call(self._flush)

    def open(self) -> None:
        """Connect, and again whenever the connection is lost."""
        if self._leaving:
            self.gone = True
        elif not self.gone:
            self._loop.aside(self._dial, self._dialled)

    def leave(self) -> None:
        """Say goodbye in order: the status, then the end of the connection, so that no last will is told."""
        self._leaving = True
        if not self.connected:
            self.gone = True
            if self._socket():
                self._end()
        elif self._member.presence:
            self._goodbye = self._client.publish(self._member.presence, b"offline", qos=1, retain=True).mid
            self._write()
        else:
            self._end()

    def ready(self, *, readable: bool) -> None:
        """The socket can be read, or written."""
        if readable:
            self._client.loop_read()
            while (sock := self._socket()) and isinstance(sock, ssl.SSLSocket) and sock.pending():
                self._client.loop_read()
        self._flush()

    def beat(self) -> None:
        """See to the keep-alive."""
        self._client.loop_misc()
        self._write()

    def _dial(self) -> str:
        try:
            self._client.reconnect()
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            return getattr(error, "strerror", None) or str(error)
        if self.gone and (sock := self._socket()):  # it left meanwhile, and nobody will look at it any more
            sock.close()
        return ""

    def _dialled(self, problem: str) -> None:
        sock = self._socket()
        if self.gone and sock:
            self._client.disconnect()
            self._client.loop_write()
        elif problem or not sock:
            self._tally.failure = problem or "it ended the connection"
            self.dialled_in_vain = bool(problem)
            self._again()
        else:
            self._writing = False
            self._loop.watch(sock, self, write=False)
            self._write()

    def _again(self) -> None:
        self._attempts += 1
        longest = min(RETRY_LONGEST_S, RETRY_FIRST_S * 2.0 ** min(10, self._attempts - 1))
        chance = number(self._member.client_id, self._attempts) / 2**64
        self._loop.later(longest * (0.5 + chance / 2), self.open)

    def _flush(self) -> None:
        self._called = False
        while self._offered and self.connected and len(self._pending) < self._limit:
            outgoing = self._offered.popleft()
            info = self._client.publish(outgoing.topic, outgoing.payload, qos=1, retain=outgoing.retain)
            if info.rc in {MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN}:
                self._pending[info.mid] = outgoing
            else:
                self._tally.refused(mqtt.error_string(info.rc).rstrip("."))
        self._write()

    def _write(self) -> None:
        if self._client.want_write():
            self._client.loop_write()
        # paho closes the socket itself when writing failed or the goodbye is written
        if (sock := self._socket()) and self._client.want_write() != self._writing:
            self._writing = not self._writing
            self._loop.watch(sock, self, write=self._writing)

    def _end(self) -> None:
        self._client.disconnect()
        self._write()

    def _socket(self) -> socket.socket | None:
        return cast("socket.socket | None", self._client.socket())

    def _made(self, version: MQTTProtocolVersion) -> mqtt.Client:
        member = self._member
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, member.client_id, protocol=version, reconnect_on_failure=False
        )
        if member.credential.username:
            client.username_pw_set(member.credential.username, member.credential.password or None)
        if self._address.secure:
            client.tls_set_context(_context(member.credential))
        if member.presence:
            client.will_set(member.presence, b"offline", qos=1, retain=True)
        client.max_inflight_messages_set(MOST_IN_FLIGHT)
        client.max_queued_messages_set(0)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_socket_close = self._on_socket_close
        client.on_socket_register_write = _leave_it_to_us
        client.connect_async(self._address.host, self._address.port, KEEP_ALIVE_S)
        return client

    def _on_connect(
        self, client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self.refused = True
            self._tally.failure = str(reason)
            return
        if self._known:
            metrics.reconnects.inc()
        self._known = True
        self.connected, self.refused, self._attempts = True, False, 0
        self._tally.connected += 1
        self._limit = int(getattr(properties, "ReceiveMaximum", MOST_IN_FLIGHT))
        if self._member.presence:
            client.publish(self._member.presence, b"online", qos=1, retain=True)
        if self._member.commands:
            client.subscribe([(topic, 1) for topic in self._member.commands])

    def _on_disconnect(self, _client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, _props: Any) -> None:
        if self.connected:
            self.connected = False
            self._tally.connected -= 1
        elif not self._tally.failure:
            self._tally.failure = f"it ended the connection ({reason})"
        if self._leaving:
            self.gone = True
        else:
            self._again()

    def _on_publish(self, _client: mqtt.Client, _data: Any, mid: int, reason: ReasonCode, _props: Any) -> None:
        sent = self._pending.pop(mid, None)
        if sent is None:
            if mid == self._goodbye:
                self._loop.call(self._end)
        elif reason.value == NOBODY_LISTENS:
            if not self._unheard:
                self._loop.later(UNHEARD_PAUSE_S, self._once_more)
            self._unheard.append(sent)
            self._tally.nobody_heard()
        elif reason.is_failure:
            self._tally.refused(str(reason))
        else:
            self._tally.settled(sent)

    def _once_more(self) -> None:
        self._offered.extendleft(reversed(self._unheard))
        self._unheard.clear()
        self._flush()

    def _on_socket_close(self, _client: mqtt.Client, _data: Any, sock: Any) -> None:
        self._loop.forget(cast("socket.socket", sock))

    @staticmethod
    def _on_message(client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        answered = answer(bytes(message.payload), time.time_ns() // 1_000_000)
        if answered is not None:
            client.publish(message.topic + ACK, answered, qos=1)


def _context(credential: Credential) -> ssl.SSLContext:
    """Raises CredentialsUnusable when its files are none."""
    try:
        context = ssl.create_default_context(cafile=str(credential.ca_file) if credential.ca_file else None)
        if credential.certificate:
            context.load_cert_chain(credential.certificate, credential.key)
    except OSError as error:  # ssl.SSLError is one
        path = credential.certificate or credential.ca_file or Path()
        raise CredentialsUnusable(path, getattr(error, "strerror", None) or str(error)) from error
    return context


def _leave_it_to_us(_client: mqtt.Client, _data: Any, _sock: Any) -> None:
    """Paho asks to be told when it can write: it is, whenever its connection had something to do."""
