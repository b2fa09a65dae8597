"""The role `gateway`: one process that listens to the broker for one tenant."""

from __future__ import annotations

import gc
import hashlib
import time

from ingest.config import Config
from ingest.gateway.known import REFRESH_S, KnownDevices
from ingest.gateway.memory import Replier, recall
from ingest.gateway.mqtt import Connection
from ingest.gateway.pipeline import Pipeline
from ingest.gateway.routes import subscriptions
from ingest.gateway.sender import REST_S, Sender
from ingest.gateway.status import FOLDER
from ingest.gateway.validate import validator_of
from ingest.identity.self_register import checked
from ingest.log import PartitionLog
from kit.clock import SystemClock
from kit.db import connect
from kit.errors import ServiceError
from kit.settings import Broker, Core, Settings
from kit.supervise import Stop, in_thread, run_loop

REPORT_S = 2.0  # how often the status file is written; seldomer makes a living gateway look gone
SESSION_S = 15.0  # a broker under load needs seconds; longer leaves a person waiting at a wrong address


def run(settings: Settings, stop: Stop, log: PartitionLog) -> None:
    """Listen until `stop`; waits for the registry to be read once before it connects to the broker.

    Raises ServiceError or PluginError when the settings cannot work.
    """
    config, tenant = settings.of(Config), settings.of(Core).tenant
    engine = connect(settings)
    known = KnownDevices(engine, tenant, log.partitions, checked(config.identity.self_register))
    validator = validator_of(config, tenant, known, log.partitions)
    source = _connection(settings)
    refresher = in_thread("gateway registry", known.refresh, stop, idle_s=REFRESH_S)
    while not known.loaded and not stop.wait(0.05):
        pass
    if known.loaded and recall(engine, validator.reader.router, stop):
        gc.collect()
        gc.freeze()  # all that is here stays: a full collection would hold up what devices say for a tenth of a second
        source.start()
        in_thread("gateway status", source.report, stop, idle_s=REPORT_S)
        sender = Sender(engine, source.publish, tenant, SystemClock())
        in_thread("gateway commands", sender.step, stop, idle_s=REST_S)
        in_thread("gateway replies", Replier(validator.reader.replies, source.publish).step, stop)
        pipeline = Pipeline(source, validator, log, SystemClock(), config.heartbeat_s)
        run_loop("gateway", pipeline.step, stop)
        source.stop()
    refresher.join(timeout=10)
    engine.dispose()
    log.close()


def make_session(settings: Settings) -> None:
    """Have the broker keep telemetry for the gateway from now on, before the gateway runs for the first time.

    A broker acknowledges and drops what nobody has subscribed to, so this comes before the first device publishes.
    Raises ServiceError when the broker does not take the subscription in time.
    """
    source = _connection(settings)
    source.start()
    deadline = time.monotonic() + SESSION_S
    while not source.connected and time.monotonic() < deadline:
        time.sleep(0.02)
    connected = source.connected
    source.stop()
    if not connected:
        raise ServiceError(
            "The MQTT broker did not take the gateway's subscription.",
            "Check that it runs, and [broker] url, username and password; `forewarn doctor` says more.",
        )


def _connection(settings: Settings) -> Connection:
    config, tenant = settings.of(Config), settings.of(Core).tenant
    client_id, filters = client_id_of(config, tenant), subscriptions(tenant, config)
    return Connection(settings.of(Broker), client_id, filters, config.receive, settings.data_path(FOLDER))


def client_id_of(config: Config, tenant: str) -> str:
    """The name of the gateway's session: gateways that share the work by filters have one each."""
    shared = sorted(set(config.subscribe))
    part = "-" + hashlib.sha256("\n".join(shared).encode()).hexdigest()[:8] if shared else ""
    return f"{config.client_id}-{tenant}{part}"
