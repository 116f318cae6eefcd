"""One PostgreSQL for the session, a fresh team store for each test, and desks that share it."""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from desktop.app.container import WorkspaceServices
from desktop.store.team.team_store import TeamStore, build_team_store
from tests.support.cli_command import FairleadCommand
from tests.support.clocks import ManualClock
from tests.support.postgres_server import PostgresServer, serve_postgres
from tests.support.sandbox_servers import SandboxServers
from tests.support.team_desk import KEY, TeamDeskCommand
from tests.support.team_process import ACCOUNT
from tests.support.workspace_home import open_workspace_services


@pytest.fixture(scope="session")
def shared_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    yield from serve_postgres(tmp_path_factory.mktemp("pg") / "server")


@pytest.fixture
def postgres(shared_postgres: PostgresServer) -> PostgresServer:
    return shared_postgres


@pytest.fixture
def database(postgres: PostgresServer) -> str:
    return postgres.new_database()


@pytest.fixture
def dsn(postgres: PostgresServer, database: str) -> str:
    """What a desk joins with: address, login and the team's key."""
    return postgres.address(database).with_key(KEY).text


@pytest.fixture
def make_desk(
    prepared_home: Path, sandbox: SandboxServers, tmp_path: Path, dsn: str
) -> Callable[..., TeamDeskCommand]:
    """A desk of its own home, with an audit key of its own; it has not joined yet."""

    def make(name: str, *, admin: str = "admin") -> TeamDeskCommand:
        home = tmp_path / name / "home"
        shutil.copytree(prepared_home, home)
        command = FairleadCommand(home, sandbox.connection_document, keyring=False)
        return TeamDeskCommand(command, sandbox.connection_document, name, dsn, admin)

    return make


@pytest.fixture
def open_desk(postgres: PostgresServer, database: str) -> Iterator[Callable[[str], TeamStore]]:
    opened: list[TeamStore] = []

    def open_one(desk: str) -> TeamStore:
        store = build_team_store(postgres.address(database).with_key(KEY), desk)
        opened.append(store)
        store.desks.join.blocking(desk.title(), "Ada", "1", ACCOUNT)
        return store

    yield open_one
    for store in opened:
        store.close()


@pytest_asyncio.fixture
async def desks(
    sync_sandbox: SandboxServers, sync_home: Path, tmp_path: Path, clock: ManualClock, dsn: str
) -> AsyncIterator[list[WorkspaceServices]]:
    """Two desks that have joined one team."""
    document = {**sync_sandbox.connection_document, "team_dsn": dsn}
    async with AsyncExitStack() as stack:
        opened = []
        for name in ("one", "two"):
            home = tmp_path / name
            shutil.copytree(sync_home, home)
            house = await stack.enter_async_context(
                open_workspace_services(home, document, clock=clock, for_runs=True)
            )
            await house.team.join(dsn, house.session.actor)
            opened.append(house)
        yield opened
