"""One desk of a team as commands see it: a home of its own, and the team store's address."""

import sqlite3
from contextlib import closing
from typing import Any

from tests.support.cli_command import CommandResult, FairleadCommand

KEY = "5a" * 32


class TeamDeskCommand:
    """`fairlead` at one desk; `admin` is who works there: admin, second_admin or agent."""

    def __init__(
        self, command: FairleadCommand, document: dict[str, Any], name: str, dsn: str, admin: str
    ) -> None:
        self.command = command
        self.home = command.home
        self.environ = {
            "FAIRLEAD_AUDIT_KEY": f"the audit key of {name}",
            "FAIRLEAD_TEAM_DSN": dsn,
        }
        if admin != "admin":
            zendesk = document["zendesk"]
            self.environ |= {
                "FAIRLEAD_ZENDESK_EMAIL": zendesk[f"{admin}_email"],
                "FAIRLEAD_ZENDESK_TOKEN": zendesk[f"{admin}_api_token"],
            }

    def __call__(self, *words: str, stdin: str = "", **environ: str) -> CommandResult:
        return self.command(*words, stdin=stdin, **{**self.environ, **environ})

    def ok(self, *words: str, **environ: str) -> Any:
        """Run it with --json, and return the document of a success."""
        done = self(*words, "--json", **environ)
        assert done.exit_code == 0, done
        return done.json

    def change_file(self, statement: str) -> None:
        """Write into this desk's `fairlead.db`, as whoever owns the computer can."""
        path = self.home / "workspaces" / "main" / "fairlead.db"
        with closing(sqlite3.connect(path)) as raw:
            raw.execute(statement)
            raw.commit()
