"""Commands for the broker: its configuration written, kept in step, run; and what it refused."""

from __future__ import annotations

import socket
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from ingest.command import command_session
from ingest.config import Config
from ingest.errors import AccountUnusable
from ingest.identity.authority import AUTHORITY_NAME, KEY_FILE, Authority, home
from ingest.identity.broker import enforced, refusals, texts
from ingest.identity.broker.folder import ENVIRONMENT, BrokerFolder
from ingest.identity.broker.process import MosquittoProcess
from ingest.identity.broker.role import Keeper
from ingest.identity.broker.texts import ForeignTopic, Listeners, Profile
from ingest.wire.topics import PREFIX, is_identifier
from kit import logs, metrics
from kit.cli import JsonFlag, emit, settings
from kit.db import connect
from kit.settings import Broker, Core, Settings
from kit.supervise import Stop

Out = Annotated[
    Path | None, typer.Option(help="Folder of the broker's files; left out: as in [ingest.identity] broker_folder.")
]

broker_app = typer.Typer(help="Mosquitto, configured for this fleet.", no_args_is_help=True)


@broker_app.command("config")
def config_command(
    ctx: typer.Context,
    *,
    out: Out = None,
    profile: Annotated[Profile, typer.Option(help="What a crash of Mosquitto may cost: see docs/devices.md.")],
    host: Annotated[list[str], typer.Option(help="Name or address of the broker in its certificate; repeatable.")] = [],  # noqa: B006 - typer copies it
    certificate_port: Annotated[int, typer.Option(help="For devices with a certificate.")] = 8883,
    password_port: Annotated[int, typer.Option(help="For devices with a password, over TLS; 0: none.")] = 8884,
    own_port: Annotated[int, typer.Option(help="For Forewarn itself, not encrypted.")] = 1883,
    own_address: Annotated[
        str, typer.Option(help="Where that listens; others than this machine's only in a private network.")
    ] = "127.0.0.1",
    init: Annotated[
        bool, typer.Option("--init", help="Make the certificate authority, too, if there is none.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Write the whole configuration of Mosquitto: TLS, who may say what where, limits, persistence.

    Example: forewarn broker config --profile durable --host mqtt.example.com
    """
    current = settings(ctx)
    folder = folder_of(current, out)
    if init and not (home(current) / KEY_FILE).exists():
        Authority.init(home(current), AUTHORITY_NAME)
    ca = Authority.load(home(current))
    given = current.of(Broker).password
    folder.write(
        ca,
        profile=profile,
        listeners=Listeners(certificate_port, password_port, own_port, own_address),
        hosts=host or ["localhost", "127.0.0.1", socket.gethostname()],
        password=given.get_secret_value() if given else None,
        payload_kb=current.of(Config).max_payload_kb,
    )
    changed = _sync(ctx, folder, ca)
    facts = {"folder": str(folder.path), "files": changed, "run": f"forewarn broker run --out {folder.path}"}
    if given is None:
        facts["environment"] = str(folder.path / ENVIRONMENT)
    emit(facts, as_json)


@broker_app.command("sync")
def sync(ctx: typer.Context, out: Out = None, as_json: JsonFlag = False) -> None:
    """Bring passwords, access list and revocations up to date and let a Mosquitto on this machine read them.

    Not needed beside `forewarn broker run`, which does it by itself.

    Example: forewarn broker sync
    """
    current = settings(ctx)
    folder = folder_of(current, out)
    changed = _sync(ctx, folder, Authority.load(home(current)))
    emit({"changed": changed, "reloaded": bool(changed) and folder.reload()}, as_json)


@broker_app.command("run")
def run(
    ctx: typer.Context,
    *,
    out: Out = None,
    count_refusals: Annotated[
        bool, typer.Option(help="Count what is refused: costs Mosquitto about half as much work a message again.")
    ] = True,
    metrics_port: Annotated[int, typer.Option(help="Port for Prometheus on loopback; 0: none.")] = 0,
) -> None:
    """Run Mosquitto on its folder until Ctrl-C, keep it in step with the registry, count what it refuses.

    Example: forewarn broker run
    """
    current = settings(ctx)
    logs.configure(current.of(Core), "broker")
    metrics.serve(metrics_port)
    folder = folder_of(current, out)
    ca = Authority.load(home(current))
    engine = connect(current)
    keeper = Keeper(engine, folder, ca, foreign_topics(current))
    keeper.run(MosquittoProcess(folder, count_refusals), Stop().on_signals())
    engine.dispose()


@broker_app.command("refusals")
def list_refusals(
    ctx: typer.Context,
    hours: Annotated[int, typer.Option(min=1, help="How far back.")] = 24,
    as_json: JsonFlag = False,
) -> None:
    """List whose messages the broker refused, because the topic was another's or the device is revoked.

    Example: forewarn broker refusals --hours 48
    """
    with command_session(ctx) as (session, tenant):
        lines = refusals.since(session, tenant, datetime.now(UTC) - timedelta(hours=hours))
    rows = [asdict(line) for line in lines]
    emit(rows, as_json, columns=("hour", "device", "count", "topic"), empty="Nothing was refused.")


def folder_of(current: Settings, out: Path | None = None) -> BrokerFolder:
    """The broker's folder. Raises AccountUnusable when the configured user name could be a device's."""
    account = current.of(Broker).username or texts.ACCOUNT
    if is_identifier(account):
        raise AccountUnusable(account)
    path = out or current.of(Config).identity.broker_folder or current.data_path("mosquitto", texts.CONF).parent
    return BrokerFolder(path.absolute(), current.of(Core).tenant, account)


def foreign_topics(current: Settings) -> list[ForeignTopic]:
    """The routes of the configuration, as the access list needs them."""
    from ingest.gateway.routes import subscriptions

    config, tenant = current.of(Config), current.of(Core).tenant
    found = []
    for route in config.routes:
        alone = config.model_copy(update={"subscribe": (), "routes": (route,)})
        filters = [covered for covered in subscriptions(tenant, alone) if not covered.startswith(PREFIX + "/")]
        found.append(ForeignTopic(tuple(filters), route.topic))
    return found


def _sync(ctx: typer.Context, folder: BrokerFolder, ca: Authority) -> list[str]:
    with command_session(ctx) as (session, tenant):
        holds = enforced.read(session, tenant)
    return folder.sync(ca, holds, foreign_topics(settings(ctx)), datetime.now(UTC))
