"""A runner without a PBX: real journal, outbox, subscriptions and API; what stands behind the ports is scripted."""

import asyncio
import base64
import json
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from aiohttp import ClientSession, web
from cryptography.fernet import Fernet
from pydantic import SecretStr

from threecx_credentials.threecx_call_control_api import Login
from threecx_nodes.call_monitor.call_events import matches as monitor
from threecx_nodes.call_receiver.incoming_call import matches as receiver
from threecx_pbx.calls.events import CallMissed, Evidence
from threecx_pbx.calls.model import (
    Call,
    CallId,
    Direction,
    Dn,
    EventId,
    Leg,
    LegKey,
    LegState,
    ParticipantId,
    Party,
    PartyKind,
    PbxId,
)
from threecx_pbx.clock import ManualClock
from threecx_runner.api.services import Services
from threecx_runner.api.serving import Api
from threecx_runner.api.wire import Line, PbxFacts, Request, SubscriptionBody
from threecx_runner.dropdowns import Offered
from threecx_runner.errors import OperationUnknown
from threecx_runner.files import Files
from threecx_runner.journal import Journal
from threecx_runner.outbox import Outbox
from threecx_runner.sdk import Choice, Trigger
from threecx_runner.settings import load_settings
from threecx_runner.state_folder import Cipher, StateFolder
from threecx_runner.subscriptions.model import Live, Subscription, SubscriptionId, subscription_id
from threecx_runner.subscriptions.subscriptions import Subscriptions

PBX = PbxId("https://pbx.example.com:5001|8001")
SECRET = "not-a-real-secret"
TOKEN = "a-token-of-the-runner-under-test"
AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def login() -> Login:
    return Login(server_url="https://pbx.example.com:5001", client_id="8001", client_secret=SecretStr(SECRET))


@pytest.fixture
def make_call() -> Callable[..., Call]:
    def make(number: int = 1, **facts: Any) -> Call:
        leg = Leg(
            key=LegKey(f"leg-{number}"),
            participant=ParticipantId(number),
            dn=Dn("8001"),
            dn_kind=PartyKind.ROUTE_POINT,
            party=Party(number="+4930123456", name="Ärger & Söhne", kind=PartyKind.EXTERNAL),
            state=LegState.RINGING,
            ours=True,
            pbx_call=number,
            first_seen=AT,
        )
        call = Call(
            id=CallId(f"c_{number:016x}"),
            pbx_call=number,
            direction=Direction.INBOUND,
            began=AT,
            first=leg,
            legs={leg.key: leg},
            rang=frozenset({Dn("101"), Dn("102")}),
            events=1,
        )
        return replace(call, **facts)

    return make


@pytest.fixture
def make_event() -> Callable[..., CallMissed]:
    def make(call: Call, number: int = 0) -> CallMissed:
        return CallMissed(
            call=call.id,
            number=number,
            at=AT,
            evidence=Evidence(inferred="nobody told us"),
            direction=call.direction,
            caller=call.first.party,
            called=Party(number="8001"),
            extension=Dn("8001"),
            duration_seconds=12.5,
        )

    return make


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(AT)


@pytest.fixture
def cipher() -> Cipher:
    return Cipher(Fernet.generate_key())


@pytest.fixture
def journal_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite, unless the test is parametrised with `postgresql`: then a database of its own."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{tmp_path / 'journal.sqlite'}"
    folder: Path = request.getfixturevalue("postgresql")
    name = f"test_{secrets.token_hex(8)}"
    with psycopg.connect(host=str(folder), user="postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
    return f"postgresql://postgres@/{name}?host={folder}"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Path]:
    """The folder of the socket of a PostgreSQL that lives as long as the tests."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    account = "postgres" if os.geteuid() == 0 else None
    if not found or (account and not _exists(account)):
        pytest.skip("no PostgreSQL server is installed (Debian: postgresql)")
    folder = Path(tempfile.mkdtemp())
    if account:
        shutil.chown(folder, account)
    data, binaries = folder / "data", found[-1].parent
    control: list[str | Path] = [binaries / "pg_ctl", "-D", data, "-w"]
    _run(account, binaries / "initdb", "-D", data, "-A", "trust", "-U", "postgres")
    _run(
        account,
        *control,
        "-l",
        folder / "log",
        "-o",
        f"-k {folder} -c listen_addresses= -c fsync=off",
        "start",
    )
    yield folder
    _run(account, *control, "-m", "immediate", "stop")
    shutil.rmtree(folder)


def _exists(account: str) -> bool:
    try:
        return bool(pwd.getpwnam(account))
    except KeyError:
        return False


def _run(account: str | None, *command: str | Path) -> None:
    subprocess.run(command, user=account, check=True, stdout=subprocess.DEVNULL, cwd="/")  # our own


@pytest.fixture
async def journal(journal_url: str, cipher: Cipher, clock: ManualClock) -> AsyncIterator[Journal]:
    async with Journal.open(journal_url, cipher, clock) as opened:
        yield opened


def find_trigger(node: str, name: str) -> Trigger[Any] | None:
    return next((one for one in (receiver, monitor) if (one.node, one.name) == (node, name)), None)


@pytest.fixture
def find() -> Callable[[str, str], Trigger[Any] | None]:
    return find_trigger


@dataclass
class Behind:
    """What stands behind the ports; a test scripts it and reads what was asked."""

    lines: Callable[[Request], AsyncIterator[Line]] | None = None
    failure: Exception | None = None
    hold: asyncio.Event | None = None
    requests: list[Request] = field(default_factory=list)
    logins: list[Login] = field(default_factory=list)
    claimed: dict[EventId, SubscriptionId] = field(default_factory=dict)
    watched: list[Live] = field(default_factory=list)
    unwatched: list[Live] = field(default_factory=list)
    up: list[tuple[PbxId, Call]] = field(default_factory=list)
    cancelled: int = 0

    def run(self, request: Request) -> AsyncIterator[Line]:
        self.requests.append(request)
        assert self.lines is not None
        return self.lines(request)

    async def prove(self, login: Login) -> None:
        self.logins.append(login)
        await self._maybe()

    async def look(self, login: Login) -> PbxFacts:
        self.logins.append(login)
        await self._maybe()
        return PbxFacts(
            version="20.0.7", extension=login.extension or login.client_id, server=login.server_url
        )

    async def options(self, login: Login, name: str, search: str) -> Offered:
        await self._maybe()
        if name != "extensions":
            raise OperationUnknown(f"This runner knows no list {name}.")
        return Offered([Choice(name=f"101 {search}", value="101")], 0.0)

    async def claim(self, login: Login, event: EventId, subscription: SubscriptionId) -> str | None:
        if self.claimed.setdefault(event, subscription) != subscription:
            return "The call has ended or another workflow took it."
        return None

    async def watch(self, live: Live, *, changed: bool = False) -> None:
        await self._maybe()
        self.watched.append(live)

    async def unwatch(self, live: Live) -> None:
        self.unwatched.append(live)

    def calls(self) -> Sequence[tuple[PbxId, Call]]:
        return self.up

    def troubles(self) -> Sequence[str]:
        return []

    async def _maybe(self) -> None:
        if self.hold is not None:
            try:
                await self.hold.wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def behind() -> Behind:
    return Behind()


@pytest.fixture
async def subscriptions(journal: Journal, clock: ManualClock, behind: Behind) -> AsyncIterator[Subscriptions]:
    async with Subscriptions(journal, find_trigger, clock) as opened:
        await opened.restore(behind)
        yield opened


@dataclass
class Webhooks:
    """A stand-in for n8n's web server: answers each post as scripted, and keeps what came."""

    url: str = ""
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[Callable[[dict[str, Any]], Awaitable[web.Response]]] = field(default_factory=list)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.posts]

    @property
    def events(self) -> list[list[str]]:
        """The event ids of each post."""
        return [[event["eventId"] for event in body["events"]] for body in self.bodies]

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        async with self.arrived:
            self.posts.append((dict(request.headers), body))
            answer = self.answers.pop(0) if self.answers else echo
            self.arrived.notify_all()
        return await answer(json.loads(body))

    async def until(self, posts: int) -> None:
        async with self.arrived, asyncio.timeout(10):
            await self.arrived.wait_for(lambda: len(self.posts) >= posts)


async def echo(body: dict[str, Any]) -> web.Response:
    """As our webhook() answers."""
    return web.json_response({"accepted": [event["eventId"] for event in body["events"]]})


@pytest.fixture
async def n8n() -> AsyncIterator[Webhooks]:
    hooks = Webhooks()
    app = web.Application()
    app.router.add_post("/{tail:.*}", hooks.take)
    app.router.add_get("/", _page)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    hooks.url = "http://{}:{}".format(*runner.addresses[0][:2])
    yield hooks
    await runner.cleanup()


async def _page(_: web.Request) -> web.Response:
    return web.Response(status=404)


@pytest.fixture
def wish(n8n: Webhooks) -> Callable[..., tuple[SubscriptionId, SubscriptionBody]]:
    """A Receiver's PUT; `node="callMonitor"` makes it a Monitor's."""

    def make(path: str = "one", **facts: Any) -> tuple[SubscriptionId, SubscriptionBody]:
        monitors = facts.get("node") == "callMonitor"
        url = f"{n8n.url}/webhook/{path}/webhook"
        body: dict[str, Any] = {
            "protocol": 1,
            "node": "callReceiver",
            "trigger": "callEvents" if monitors else "incomingCall",
            "webhook_url": url,
            "webhook_id": path,
            "workflow_id": f"wf-{path}",
            "workflow_name": f"Workflow {path}",
            "node_name": "3CX Trigger",
            "lease_seconds": 90,
            "parameters": {},
        }
        wanted = SubscriptionBody(**(body | facts))
        return subscription_id(wanted.webhook_url), wanted

    return make


@pytest.fixture
async def outbox(journal: Journal, subscriptions: Subscriptions, clock: ManualClock) -> AsyncIterator[Outbox]:
    async with Outbox(journal, subscriptions, clock) as opened:
        yield opened


@dataclass
class Client:
    """An n8n process's HTTP client."""

    http: ClientSession
    address: str
    login: dict[str, Any]
    token: str | None = None

    def headers(self, extra: dict[str, str] | None = None) -> dict[str, str]:
        packed = base64.b64encode(json.dumps(self.login).encode()).decode()
        bearer = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        return {"X-3CX-Login": packed} | bearer | (extra or {})

    async def ask(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any
    ) -> tuple[int, Any]:
        """Status and parsed body."""
        async with self.http.request(
            method, self.address + path, headers=self.headers(headers), **options
        ) as response:
            text = await response.text()
            kind = response.content_type
            return response.status, json.loads(text) if kind == "application/json" else text


@pytest.fixture
def serve(
    tmp_path: Path,
    journal: Journal,
    outbox: Outbox,
    subscriptions: Subscriptions,
    behind: Behind,
    clock: ManualClock,
    cipher: Cipher,
    contract: Callable[[str], dict[str, Any]],
) -> Callable[..., AbstractAsyncContextManager[Client]]:
    """Starts the API with the given settings."""

    @asynccontextmanager
    async def start(
        *, configured: bool = False, listen: str = "127.0.0.1:0", **more: Any
    ) -> AsyncIterator[Client]:
        settings = load_settings(state_dir=tmp_path, listen=listen, **more)
        state = StateFolder(tmp_path, SecretStr(TOKEN), configured, cipher, "")
        services = Services(
            behind,
            behind,
            behind,
            behind,
            behind,
            subscriptions,
            journal,
            outbox,
            Files(tmp_path / "files", clock),
            settings,
            clock,
        )
        async with Api(services, state) as api, ClientSession() as http:
            scheme, _, port = api.address.split(":")
            yield Client(http, f"{scheme}://127.0.0.1:{port}", contract("request")["login"])

    return start


@pytest.fixture
async def client(serve: Callable[..., AbstractAsyncContextManager[Client]]) -> AsyncIterator[Client]:
    async with serve() as started:
        yield started


@pytest.fixture
def until() -> Callable[[Callable[[], object]], Awaitable[None]]:
    """Waits on a condition of another task or thread, with a bound."""

    async def wait(condition: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110  # the condition may hang on the writer thread
                await asyncio.sleep(0.005)

    return wait


@pytest.fixture
def make_live(
    login: Login, wish: Callable[..., tuple[SubscriptionId, SubscriptionBody]]
) -> Callable[..., Live]:
    """A subscription that no service knows: for pure rules."""

    def make(path: str = "one", *, now: datetime = AT, **facts: Any) -> Live:
        wanted, body = wish(path)
        subscription = Subscription(
            id=wanted,
            pbx=PBX,
            login=login,
            node=body.node,
            trigger=body.trigger,
            webhook_url=body.webhook_url,
            webhook_id=body.webhook_id,
            workflow_id=body.workflow_id,
            workflow_name=body.workflow_name,
            node_name=body.node_name,
            test=False,
            lease=timedelta(seconds=90),
            parameters={},
            renewed=now,
            created=now,
        )
        trigger = receiver
        return Live(replace(subscription, **facts), trigger, trigger.params())

    return make
