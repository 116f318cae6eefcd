"""The table of runs, through which any process watches and cancels a run of another."""

import sqlite3
from collections.abc import Callable, Mapping

import msgspec

from desktop.kit.errors import ConflictError, InvalidInput, NotFound
from desktop.model.sync_run import Run, RunProgress, RunStage, RunState
from desktop.store.account_repository import (
    AccountRepository,
    account_of_row,
)
from desktop.store.database_call import database_call
from desktop.store.plan_row_table import to_json
from desktop.store.process_identity import is_owner_alive
from desktop.store.repository import Repository
from desktop.store.sqlite_database import Database

_TOTALS = dict[str, int]
_ONLY = tuple[str, ...]


class RunRepository(Repository):
    """The table `run`. `owner` names this process in the runs it begins."""

    def __init__(
        self,
        database: Database,
        owner: str,
        accounts: AccountRepository | None = None,
        *,
        owner_lives: Callable[[str], bool] = is_owner_alive,
    ) -> None:
        super().__init__(database)
        self._owner = owner
        self._accounts = accounts or AccountRepository(database)
        self._is_owner_alive_elsewhere = owner_lives

    @database_call
    def begin(
        self,
        sync: str,
        why: str,
        actor: str,
        now: float,
        *,
        full: bool = False,
        only: tuple[str, ...] = (),
        actor_key: str = "",
    ) -> Run:
        """Insert a run of this process. Raises ConflictError if another account is connected."""

        def act(connection: sqlite3.Connection) -> Run:
            self._accounts.require_connected(connection)
            cursor = connection.execute(
                "INSERT INTO run"
                " (sync, state, stage, trigger, actor, started_at, owner, reads_all, reads_only,"
                "  actor_key, account)"
                " VALUES (?, 'running', 'extract', ?, ?, ?, ?, ?, ?, ?,"
                " (SELECT id FROM current_account))",
                (sync, why, actor, now, self._owner, int(full), to_json(only), actor_key),
            )
            proof = self._database.audit_signer.prove(
                "run", [cursor.lastrowid, sync, why, actor_key, now]
            )
            connection.execute("UPDATE run SET proof = ? WHERE id = ?", (proof, cursor.lastrowid))
            return self._get(connection, str(cursor.lastrowid))

        return self._database.write(act)

    @database_call
    def find_actor_key(self, run_id: str) -> str:
        """Select `Actor.key` of who began a run themselves; empty where that is not certain."""

        def look(connection: sqlite3.Connection) -> str:
            row = connection.execute("SELECT * FROM run WHERE id = ?", (int(run_id),)).fetchone()
            if row is None or row["trigger"] not in ("manual", "retry"):
                return ""
            said = [
                row["id"],
                row["sync"],
                row["trigger"],
                row["actor_key"],
                row["started_at"],
            ]
            is_proven = self._database.audit_signer.is_proven(row["proof"], "run", said)
            return str(row["actor_key"]) if is_proven else ""

        return self._database.read(look)

    @database_call
    def take_over(self, run_id: str, sync: str) -> Run:
        """Update a stopped run's row: this process takes it over. Raises ConflictError."""

        def act(connection: sqlite3.Connection) -> Run:
            run = self._get(connection, run_id)
            self._accounts.require_account(connection, account_of_row(connection, "run", run_id))
            mine = run.state is RunState.RUNNING and run.owner == self._owner
            if run.sync != sync or not (run.state.is_resumable or mine):
                raise ConflictError(
                    f"Run {run_id} cannot go on: it is {run.state.value}."
                    if run.sync == sync
                    else f"Run {run_id} is one of “{run.sync}”.",
                    "Nothing was started.",
                    "`fairlead sync history` lists the runs.",
                )
            connection.execute(
                "UPDATE run SET state = 'running', owner = ?, cancel_requested = 0, error = '',"
                " error_code = '', ended_at = NULL WHERE id = ?",
                (self._owner, int(run_id)),
            )
            return self._get(connection, run_id)

        return self._database.write(act)

    @database_call
    def get(self, run_id: str) -> Run:
        """Select one run. Raises NotFound."""
        return self._database.read(lambda c: self._get(c, run_id))

    @database_call
    def list_runs(self, sync: str | None, limit: int = 50) -> tuple[Run, ...]:
        """Select the runs of one sync or of all, the newest first."""
        return self._database.read(
            lambda c: tuple(
                self._decode_run(row)
                for row in c.execute(
                    "SELECT * FROM run WHERE (?1 IS NULL OR sync = ?1) AND trigger <> 'preview'"
                    " ORDER BY id DESC LIMIT ?2",
                    (sync, limit),
                )
            )
        )

    @database_call
    def list_runs_of_removed_syncs(self, limit: int = 50) -> tuple[Run, ...]:
        """Select the newest runs of syncs that were removed, the newest first."""
        return self._database.read(
            lambda c: tuple(
                self._decode_run(row)
                for row in c.execute(
                    "SELECT * FROM run WHERE sync NOT IN (SELECT name FROM sync)"
                    " AND trigger <> 'preview' ORDER BY id DESC LIMIT ?",
                    (limit,),
                )
            )
        )

    @database_call
    def find_preview(self, sync: str) -> Run | None:
        """Select the run that makes a sync's preview, or that failed to; else None."""
        return self._database.read(
            lambda c: next(
                (
                    self._decode_run(row)
                    for row in c.execute(
                        "SELECT * FROM run WHERE sync = ? AND trigger = 'preview'"
                        " ORDER BY id DESC LIMIT 1",
                        (sync,),
                    )
                ),
                None,
            )
        )

    @database_call
    def delete_previews(self, sync: str) -> None:
        """Delete the rows of a sync's earlier preview runs."""

        def act(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM run WHERE sync = ? AND trigger = 'preview'", (sync,))
            _reset_id_sequence(connection)

        self._database.write(act)

    @database_call
    def delete_run(self, run_id: str) -> None:
        """Delete the row of a preview's run, which leaves no history."""

        def act(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM run WHERE id = ?", (int(run_id),))
            _reset_id_sequence(connection)

        self._database.write(act)

    @database_call
    def set_stage(self, run_id: str, stage: RunStage, progress: RunProgress | None = None) -> None:
        """Update a run's row: its next stage begins."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE run SET stage = ?, progress = ? WHERE id = ?",
                (stage.value, to_json(progress or RunProgress()), int(run_id)),
            )
        )

    @database_call
    def set_plan(self, run_id: str, plan_id: str) -> None:
        """Update a run's row with the plan it applies."""
        self._database.write(
            lambda c: c.execute("UPDATE run SET plan = ? WHERE id = ?", (int(plan_id), int(run_id)))
        )

    @database_call
    def set_progress(self, run_id: str, progress: RunProgress) -> None:
        """Update a run's row with the progress of its present stage."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE run SET progress = ? WHERE id = ?", (to_json(progress), int(run_id))
            )
        )

    @database_call
    def set_totals(self, run_id: str, totals: Mapping[str, int]) -> None:
        """Update a run's totals after a later run has settled more of its rows."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE run SET totals = ? WHERE id = ?", (to_json(dict(totals)), int(run_id))
            )
        )

    @database_call
    def request_cancel(self, run_id: str) -> Run:
        """Mark a run's row as to be cancelled; its process looks before each request."""

        def act(connection: sqlite3.Connection) -> Run:
            run = self._get(connection, run_id)
            if run.state is RunState.RUNNING:
                connection.execute(
                    "UPDATE run SET cancel_requested = 1 WHERE id = ?", (int(run_id),)
                )
            elif run.state in (RunState.WAITING, RunState.INTERRUPTED):
                connection.execute(
                    "UPDATE run SET state = 'cancelled', cancel_requested = 1 WHERE id = ?",
                    (int(run_id),),
                )
            return self._get(connection, run_id)

        return self._database.write(act)

    @database_call
    def request_cancel_of_sync(self, sync: str) -> tuple[Run, ...]:
        """Update a sync's runs and previews as to be cancelled; returns those that still run."""

        def act(connection: sqlite3.Connection) -> tuple[Run, ...]:
            rows = connection.execute(
                "SELECT * FROM run WHERE sync = ? AND state IN ('running', 'waiting')", (sync,)
            ).fetchall()
            runs = [self._decode_run(row) for row in rows]
            for run in runs:
                is_running = run.state is RunState.RUNNING
                connection.execute(
                    "UPDATE run SET cancel_requested = 1, state = ? WHERE id = ?",
                    ("running" if is_running else "cancelled", int(run.id)),
                )
            return tuple(run for run in runs if run.state is RunState.RUNNING)

        return self._database.write(act)

    @database_call
    def require_own_account(self, run_id: str) -> None:
        """Raise ConflictError for a run's row of another account than the one connected now."""
        self._database.read(
            lambda c: self._accounts.require_account(c, account_of_row(c, "run", run_id))
        )

    @database_call
    def list_live(self) -> tuple[Run, ...]:
        """Select the runs and previews that a live process is working on."""

        def look(connection: sqlite3.Connection) -> tuple[Run, ...]:
            rows = connection.execute("SELECT * FROM run WHERE state = 'running' ORDER BY id")
            found = (self._decode_run(row) for row in rows)
            return tuple(run for run in found if run.state is RunState.RUNNING)

        return self._database.read(look)

    @database_call
    def request_cancel_of_all(self) -> tuple[str, ...]:
        """Update all runs and previews as to be cancelled; returns the syncs that may have one."""

        def act(connection: sqlite3.Connection) -> tuple[str, ...]:
            connection.execute("UPDATE run SET cancel_requested = 1 WHERE state = 'running'")
            rows = connection.execute(
                "SELECT name FROM sync UNION SELECT sync FROM run WHERE state = 'running'"
            )
            return tuple(row[0] for row in rows)

        return self._database.write(act)

    @database_call
    def is_cancel_requested(self, run_id: str) -> bool:
        """Whether a run's row is marked as to be cancelled."""
        return self._database.read(
            lambda c: bool(
                c.execute(
                    "SELECT cancel_requested FROM run WHERE id = ?", (int(run_id),)
                ).fetchone()[0]
            )
        )

    @database_call
    def end(
        self,
        run_id: str,
        state: RunState,
        now: float,
        totals: Mapping[str, int],
        *,
        error: str = "",
        error_code: str = "",
    ) -> Run:
        """Update a run's row with the state in which it ended or waits."""

        def act(connection: sqlite3.Connection) -> Run:
            connection.execute(
                "UPDATE run SET state = ?, ended_at = ?, totals = ?, error = ?, error_code = ?"
                " WHERE id = ?",
                (state.value, now, to_json(dict(totals)), error, error_code, int(run_id)),
            )
            return self._get(connection, run_id)

        return self._database.write(act)

    @database_call
    def append_to_error(self, run_id: str, sentence: str) -> Run:
        """Append a sentence to the error column of a run's row; its state stays."""

        def act(connection: sqlite3.Connection) -> Run:
            connection.execute(
                "UPDATE run SET error = trim(error || ' ' || ?) WHERE id = ?",
                (sentence, int(run_id)),
            )
            return self._get(connection, run_id)

        return self._database.write(act)

    def _get(self, connection: sqlite3.Connection, run_id: str) -> Run:
        row = None
        if run_id.isascii() and run_id.isdigit() and len(run_id) < 19:
            row = connection.execute("SELECT * FROM run WHERE id = ?", (int(run_id),)).fetchone()
        if row is None:
            raise NotFound(
                f"There is no run {run_id[:40]}.", "", "`fairlead sync history` lists them."
            )
        return self._decode_run(row)

    def _decode_run(self, row: sqlite3.Row) -> Run:
        state = RunState(row["state"])
        if state is RunState.RUNNING and not self._is_alive(row["owner"]):
            state = RunState.INTERRUPTED
        try:
            return Run(
                id=str(row["id"]),
                sync=row["sync"],
                state=state,
                stage=RunStage(row["stage"]),
                trigger=row["trigger"],
                actor=row["actor"],
                started_at=row["started_at"],
                ended_at=row["ended_at"],
                plan=None if row["plan"] is None else str(row["plan"]),
                progress=msgspec.json.decode(row["progress"], type=RunProgress),
                totals=msgspec.json.decode(row["totals"], type=_TOTALS),
                error=row["error"],
                error_code=row["error_code"],
                is_cancel_requested=bool(row["cancel_requested"]),
                owner=row["owner"],
                is_full=bool(row["reads_all"]),
                only_records=msgspec.json.decode(row["reads_only"], type=_ONLY),
            )
        except (ValueError, msgspec.MsgspecError) as error:
            raise InvalidInput(f"Run {row['id']} cannot be read.", str(error)) from error

    def _is_alive(self, owner: str) -> bool:
        return owner == self._owner or self._is_owner_alive_elsewhere(owner)


def _reset_id_sequence(connection: sqlite3.Connection) -> None:
    """Reset SQLite's id sequence after a preview's run was deleted: history has no gap."""
    connection.execute(
        "UPDATE sqlite_sequence SET seq = (SELECT coalesce(max(id), 0) FROM run) WHERE name = 'run'"
    )
