"""One PostgreSQL for the session, a fresh team store for each test, and desks that share it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.postgres_server import PostgresServer, serve_postgres
from tests.support.sandbox_servers import SandboxServers
from tests.support.team_desk import KEY, TeamDeskCommand


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
