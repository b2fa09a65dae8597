"""The connections of a fleet: one for all its devices, or one for each, as real devices would have."""

from __future__ import annotations

import resource
from collections.abc import Mapping, Sequence

from device_sim.clients import Clients, nameless
from device_sim.credentials import Credential, own
from device_sim.delivery import Delivered, Outgoing, Tally
from device_sim.errors import ScenarioInvalid
from device_sim.transport import Member
from ingest.wire.topics import PREFIX, checked, command
from kit.settings import Broker
from kit.supervise import Stop

SPARE_FILES = 256  # for everything else that the process has open


class Links:
    """How the devices of a fleet reach the broker.

    With `each` every device has a client of its own (``sim-DEVICE``) with its status and a last will, and its own
    credential where `credentials` holds one. `window`, or one a client if that is more, bounds what is in flight.
    Raises BrokerUnreachable, and ScenarioInvalid when the system does not allow so many connections.
    """

    def __init__(
        self,
        broker: Broker,
        tenant: str,
        devices: Sequence[str],
        *,
        each: bool,
        window: int,
        credentials: Mapping[str, Credential] | None = None,
        stop: Stop | None = None,
    ) -> None:
        self._prefix = f"{PREFIX}/{checked(tenant)}"
        if each:
            _allow(len(devices))
            given = credentials or {}
            members = [
                Member(
                    f"sim-{device}",
                    given.get(device) or own(broker),
                    f"{self._prefix}/{checked(device)}/status",
                    (command(tenant, device),),
                )
                for device in devices
            ]
        else:
            members = [nameless(broker, tuple(command(tenant, device) for device in devices))]
        self._number = {device: number if each else 0 for number, device in enumerate(devices)}
        self._clients = Clients(broker, members, window=max(window, len(members)), stop=stop)

    @property
    def mqtt5(self) -> bool:
        """Whether the broker tells when nobody listens."""
        return self._clients.mqtt5

    @property
    def delivered(self) -> Delivered:
        """What was acknowledged so far."""
        return self._clients.delivered

    @property
    def tally(self) -> Tally:
        """The whole account, to look at."""
        return self._clients.tally

    def publish(self, device: str, channel: str, payload: bytes, readings: int = 0, timeout_s: float = 60.0) -> None:
        """Hand a message of `device` to the broker. Raises DeliveryIncomplete when the window stays full so long."""
        topic = f"{self._prefix}/{device}/{channel}"
        self._clients.publish(self._number[device], Outgoing(topic, payload, readings), timeout_s)

    def drain(self, timeout_s: float) -> None:
        """Wait for every acknowledgement. Raises DeliveryIncomplete."""
        self._clients.drain(timeout_s)

    def close(self) -> None:
        """Say goodbye on every connection. Safe to call twice."""
        self._clients.close()


def _allow(connections: int) -> None:
    """See that the process may open so many sockets."""
    wanted = connections + SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        if hard != resource.RLIM_INFINITY and hard < wanted:
            raise ScenarioInvalid(
                f"{connections} connections need {wanted} open files, the system allows {hard}.",
                "Raise the limit (ulimit -n), or run it with --connections one.",
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
