"""A PostgreSQL of the tests' own: Debian's package, a data folder of its own, loopback alone."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.model.team_address import TeamAddress
from desktop.store.team.team_database import TeamDatabase
from desktop.store.team.team_migrations import migrate_team_store
from tests.support.sandbox_process import find_free_ports

BINARIES = Path("/usr/lib/postgresql/15/bin")
_SETTINGS = {
    # No test cuts the power: what is committed need not reach the disk.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "log_min_messages": "fatal",
}


def why_no_postgres() -> str:
    """Why PostgreSQL can't be started here, or "": it refuses to run as root."""
    if not (BINARIES / "postgres").exists():
        return "PostgreSQL 15 is not installed (apt-get install postgresql-15)"
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return "PostgreSQL is started as the user postgres, which takes root and setpriv"
    return ""


class PostgresServer:
    """One PostgreSQL; `template` is a database with the team store's tables, copied for each test.

    Its own logins need no password; `desk_login` is a member of `fairlead_desk` alone, and acts for
    both of the sandbox's admins.
    """

    owner_login = "owner"
    desk_login = "desk"

    def __init__(self, folder: Path) -> None:
        self._user = pwd.getpwnam("postgres")
        self._folder = folder
        self.port = find_free_ports(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._number = 0
        folder.mkdir()
        os.chown(folder, self._user.pw_uid, self._user.pw_gid)
        for parent in folder.parents:
            # pytest's folders are for their owner alone.
            if parent.stat().st_uid == os.geteuid() and parent != Path("/"):
                parent.chmod(parent.stat().st_mode | 0o011)
        command = [
            BINARIES / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust",
            "--no-sync", "-E", "UTF8", "--locale=C",
        ]  # fmt: skip
        subprocess.run(self._as_postgres(command), check=True, capture_output=True, cwd="/")
        # Only what a one-time code makes has a password.
        trusted = "postgres,owner,desk,kim_login,lou_login,nobody"
        rules = f"host all {trusted} 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        (folder / "data" / "pg_hba.conf").write_text(rules)
        self.start()
        self._make_template()

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = [word for k, v in _SETTINGS.items() for word in ("-c", f"{k}={v}")]
        command = [BINARIES / "postgres", "-D", self._folder / "data", "-p", self.port, *settings]
        log = (self._folder / "log").open("ab")
        self._process = subprocess.Popen(
            self._as_postgres(command),
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd="/",
        )
        log.close()
        ready = [BINARIES / "pg_isready", "-h", "127.0.0.1", "-p", str(self.port), "-q"]
        end = time.monotonic() + 30
        while subprocess.run(ready, check=False).returncode:
            assert self._process.poll() is None, (self._folder / "log").read_text()
            assert time.monotonic() < end, (self._folder / "log").read_text()
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """Stop it at once, as a power cut would; what is committed stays."""
        if self._process is not None:
            # setpriv has become postgres: it is this very process.
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def address(self, database: str, login: str = desk_login) -> TeamAddress:
        """The address of one of its databases."""
        return TeamAddress("127.0.0.1", database, login, port=self.port)

    def new_database(self) -> str:
        """A fresh team store, whose tables are there; returns its name."""
        self._number += 1
        name = f"team{self._number}"
        self.execute(
            f"CREATE DATABASE {name} OWNER owner TEMPLATE template_team STRATEGY FILE_COPY"
        )
        return name

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run one statement as the owner, outside a transaction."""
        import psycopg

        where = {"host": "127.0.0.1", "port": self.port, "dbname": database, "user": "postgres"}
        with psycopg.connect(autocommit=True, **where) as raw:  # type: ignore[arg-type]
            cursor = raw.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def _make_template(self) -> None:
        # No superuser: what an owner needs is found out here.
        self.execute(f"CREATE ROLE {self.owner_login} LOGIN CREATEROLE")
        self.execute(f"CREATE DATABASE template_team OWNER {self.owner_login}")
        database = TeamDatabase(self.address("template_team", self.owner_login))
        migrate_team_store(database)
        database.close()
        self.execute(f"CREATE ROLE {self.desk_login} LOGIN IN ROLE fairlead_desk")
        self.execute(
            "INSERT INTO fairlead.team_admin (login, user_id)"
            " VALUES ('desk', '7601'), ('desk', '7604')",
            "template_team",
        )

    def _as_postgres(self, command: list[object]) -> list[str]:
        uid, gid = str(self._user.pw_uid), str(self._user.pw_gid)
        who = [
            "setpriv",
            f"--reuid={uid}",
            f"--regid={gid}",
            "--clear-groups",
            "--pdeathsig=SIGQUIT",
        ]
        return [*who, *map(str, command)]


def serve_postgres(folder: Path) -> Iterator[PostgresServer]:
    """Serve one for a test session, or skip with the reason."""
    if why := why_no_postgres():
        pytest.skip(why)
    server = PostgresServer(folder)
    try:
        yield server
    finally:
        server.stop()
