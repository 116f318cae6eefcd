"""Counts of what a workspace keeps on this computer, and its erasure once no run is under way."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace

from desktop.kit.errors import ConflictError, NotPermitted, StorageError
from desktop.model.account import Account
from desktop.model.sync_run import Run
from desktop.model.team import TeamMembership
from desktop.settings.file_lock import hold_lock
from desktop.settings.json_file import inaccessible_path_error
from desktop.settings.window_state import WindowStateFile
from desktop.settings.workspace import Workspace
from desktop.store.account_repository import AccountRepository, KeptForAccount
from desktop.store.audit_signer import AuditSigner
from desktop.store.cached_sheet_reader import CachedSheetReader, KeptData
from desktop.store.customer_cache import CustomerCache
from desktop.store.customer_erasure import (
    CustomerIds,
    ErasedCounts,
    NoteErased,
    count_customer,
    erase_customer,
    erase_delivered_events,
    erase_plan_rows,
    find_customer_ids,
)
from desktop.store.edit_batch_repository import EditBatchRepository
from desktop.store.outbox import Outbox
from desktop.store.person_event_erasure import find_delivered_events
from desktop.store.process_identity import new_owner_id
from desktop.store.run_repository import RunRepository
from desktop.store.sqlite_database import Database
from desktop.store.team_membership_repository import TeamMembershipRepository

# A run looks four times a second whether it is to stop, and finishes the request under way.
_RUN_STOP_S = 30.0
_BATCH_STOP_POLL_S = 0.1
# A reading takes hours: it is not waited for.
_READING_WAIT_S = 0.5
_MAX_REWRITTEN_BYTES = 200_000_000


class RunUnderWay(NotPermitted):
    """The error of erasing a workspace's copies under a run that the actor may not stop."""

    def __init__(self, live: Sequence[Run]) -> None:
        names = ", ".join(dict.fromkeys(f"“{run.sync}”" for run in live))
        super().__init__(
            f"A run of {names} is under way and needs these copies.",
            "To stop it takes the right to run syncs. Nothing was erased.",
            "Wait for its end, or ask an admin.",
        )


class LocalDataService:
    """Opens a workspace's two database files for a moment each, on a thread of its own.

    Settings and setup wizard work before a workspace has a store, and on one that is being closed:
    the window's own connections stay as they are.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._folder = workspace.folder

    async def count_open_edits(self) -> int:
        """Count the edits that wait in the workspace's outbox, before it is signed out."""
        return await asyncio.to_thread(self._count_open_edits)

    async def summarize_kept(self) -> KeptData:
        """Open the mirror for a moment and count what it keeps of both services, since when."""
        return await asyncio.to_thread(self._summarize_kept)

    async def count_not_opened_since(self, before: float) -> int:
        """Open the mirror to count the customers last opened before a time (Unix seconds)."""
        return await asyncio.to_thread(self._count_not_opened_since, before)

    async def count_delivered_before(self, before: float) -> int:
        """Count the delivered events that came in before a time (Unix seconds)."""
        return await asyncio.to_thread(self._count_delivered_before, before)

    async def has_everybody(self) -> bool:
        """Whether the data workspace has any file here, a damaged one too."""
        from desktop.store.data_workspace_store import has_data_files

        return await asyncio.to_thread(has_data_files, self._folder)

    async def erase_kept(self, *, may_stop_runs: bool = True, with_everybody: bool = False) -> None:
        """Stop the workspace's runs, then erase every customer and feed kept on this computer.

        `with_everybody`: the data workspace too, which takes an admin and an entry in the audit
        that the caller has appended; what it has counted names nobody and stays. A reading of
        everybody that is under way stops at its next page.

        A run under way stops first: without its feed it would take people for gone. The copies are
        the person's own, to stop a run takes the right to run syncs: without it RunUnderWay is
        raised. Raises ConflictError where a run does not stop, StorageError where another process
        keeps the erasure from being complete.
        """
        async with self.stopped_runs(may_stop=may_stop_runs):
            await asyncio.to_thread(self._erase_plan_rows)
            await asyncio.to_thread(self._erase_mirror)
            if with_everybody and await self.has_everybody():
                await asyncio.to_thread(self._stop_readings)
                async with self._no_reading(_RUN_STOP_S):
                    await asyncio.to_thread(self._erase_data_store, with_counts=False)

    async def erase_customer(
        self,
        ids: Iterable[str],
        actor: str,
        now: float,
        audit_signer: AuditSigner,
        note_erased: NoteErased | None = None,
    ) -> ErasedCounts:
        """Open both files to erase what they keep of one customer, known by any of `ids`.

        `note_erased` is called in the transaction that erases; with it the customer is erased from
        the services too, so that no pause of marketing stays to be ended. Raises as `erase_kept`
        does, and ConflictError while everybody's data is read: its page may hold the customer.
        """
        async with self.stopped_runs(), self._no_reading(_READING_WAIT_S):
            return await asyncio.to_thread(
                self._erase_customer, ids, actor, now, audit_signer, note_erased
            )

    async def count_customer(self, ids: Iterable[str]) -> ErasedCounts:
        """Open both files to count what they keep of one customer, known by any of `ids`."""
        return await asyncio.to_thread(self._count_customer, ids)

    @asynccontextmanager
    async def stopped_runs(self, *, may_stop: bool = True) -> AsyncIterator[None]:
        """Stop every run and batch of the workspace; no run begins while its data is erased.

        Raises RunUnderWay where one would have to and `may_stop` is false, ConflictError where one
        does not stop.
        """
        live = () if may_stop else await asyncio.to_thread(self._list_live_runs)
        if live:
            raise RunUnderWay(live)
        async with AsyncExitStack() as held:
            for name in await asyncio.to_thread(self._request_cancel_of_all_runs):
                lock = hold_lock(self._workspace.lock_path(f"sync-{name}"), limit_s=_RUN_STOP_S)
                try:
                    await held.enter_async_context(lock)
                except StorageError as error:
                    raise ConflictError(
                        f"A run of {name} is under way and does not stop.",
                        "Nothing was changed.",
                        "Wait for its end, or end its process; then try again.",
                    ) from error
            await self._stop_batches()
            yield

    @asynccontextmanager
    async def _no_reading(self, limit_s: float) -> AsyncIterator[None]:
        """Keep everybody's data from being read meanwhile. ConflictError where it is."""
        async with AsyncExitStack() as held:
            lock = hold_lock(self._workspace.lock_path("data"), limit_s=limit_s)
            try:
                await held.enter_async_context(lock)
            except StorageError as error:
                raise ConflictError(
                    "Everybody's data is being read.",
                    "A page under way would bring back who is erased. Everybody's data was not"
                    " changed.",
                    "Wait for the end of `fairlead data refresh`, or end its process; then try"
                    " again.",
                ) from error
            yield

    async def _stop_batches(self) -> None:
        """Stop the processes that look many customers up or change them; their rows stay."""
        until = time.monotonic() + _RUN_STOP_S
        while at_work := await asyncio.to_thread(self._request_cancel_of_all_batches):
            if time.monotonic() > until:
                raise ConflictError(
                    f"Batch {at_work[0]} is under way and does not stop.",
                    "Nothing was changed.",
                    "Wait for its end, or end its process; then try again.",
                )
            await asyncio.sleep(_BATCH_STOP_POLL_S)

    async def was_in_zendesk(self) -> bool:
        """Read from the workspace's database, opened for a moment, if it was ever in Zendesk."""
        return await asyncio.to_thread(self._was_in_zendesk)

    async def read_account(self) -> tuple[Account | None, tuple[str, ...]]:
        """Open the databases for a moment: which account their records are of, and some sids."""
        return await asyncio.to_thread(self._read_account)

    async def read_team_membership(self) -> TeamMembership | None:
        """Open the database for a moment: which team the workspace belongs to, or None."""
        return await asyncio.to_thread(self._read_team_membership)

    async def remember_account(self, account: Account, now: float) -> None:
        """Open the database to store what a sign-in tells of the account, if it has records."""
        await asyncio.to_thread(self._remember_account, account, now)

    async def count_kept(self) -> KeptForAccount:
        """Open the database to count the records that a move to another account would drop."""
        return await asyncio.to_thread(self._count_kept)

    async def move_to_account(
        self, account: Account, now: float, audit_signer: AuditSigner
    ) -> None:
        """Stop the workspace's runs, drop the former account's records, and keep `account`'s.

        A run under way stops first. Raises ConflictError where it does not.
        """
        async with self.stopped_runs():
            await asyncio.to_thread(self._move_to_account, account, now, audit_signer)

    def _was_in_zendesk(self) -> bool:
        with self._open_fairlead() as database:
            return database is not None and AccountRepository(database).was_in_zendesk.blocking()

    def _read_account(self) -> tuple[Account | None, tuple[str, ...]]:
        with self._open_fairlead() as database:
            if database is None:
                return None, ()
            accounts = AccountRepository(database)
            return accounts.get_current.blocking(), accounts.list_remembered_sids.blocking()

    def _read_team_membership(self) -> TeamMembership | None:
        with self._open_fairlead() as database:
            return TeamMembershipRepository(database).get.blocking() if database else None

    def _remember_account(self, account: Account, now: float) -> None:
        with self._open_fairlead() as database:
            if database is None:
                return
            accounts = AccountRepository(database)
            if accounts.get_current.blocking() is not None:
                accounts.connect.blocking(account, now)

    def _move_to_account(self, account: Account, now: float, audit_signer: AuditSigner) -> None:
        with self._open_fairlead(audit_signer) as database:
            if database is not None:
                AccountRepository(database).move.blocking(account, now)
        self._erase_mirror()
        self._erase_data_store(with_counts=True)

    def _count_kept(self) -> KeptForAccount:
        with self._open_fairlead() as database:
            if database is None:
                return KeptForAccount()
            return AccountRepository(database).count_kept.blocking()

    def _count_open_edits(self) -> int:
        with self._open_fairlead() as database:
            return 0 if database is None else Outbox(database, new_owner_id()).count_open.blocking()

    @contextmanager
    def _open_fairlead(self, audit_signer: AuditSigner | None = None) -> Iterator[Database | None]:
        """Open the workspace's `fairlead.db` for a moment; None where there is no such file."""
        # SQLite would create the file, and a folder without a workspace would look like one.
        if not (self._folder / "fairlead.db").exists():
            yield None
            return
        database = Database(
            self._folder / "fairlead.db", "fairlead", synchronous="FULL", audit_signer=audit_signer
        )
        try:
            yield database
        finally:
            database.close()

    def _list_live_runs(self) -> tuple[Run, ...]:
        with self._open_fairlead() as database:
            if database is None:
                return ()
            return RunRepository(database, new_owner_id()).list_live.blocking()

    def _request_cancel_of_all_runs(self) -> tuple[str, ...]:
        with self._open_fairlead() as database:
            if database is None:
                return ()
            return RunRepository(database, new_owner_id()).request_cancel_of_all.blocking()

    def _request_cancel_of_all_batches(self) -> tuple[str, ...]:
        with self._open_fairlead() as database:
            if database is None:
                return ()
            batches = EditBatchRepository(database, new_owner_id())
            return batches.request_cancel_of_all.blocking()

    def _summarize_kept(self) -> KeptData:
        from desktop.store.data_workspace_erasure import count_everybody

        with self._open_data_store() as files:
            people = 0 if files is None else count_everybody(*files)
        if not (self._folder / "mirror.db").exists():
            return KeptData(people=people)
        reader = CachedSheetReader(self._folder / "fairlead.db", self._folder / "mirror.db")
        try:
            return replace(reader.summarize_kept.blocking(), people=people)
        finally:
            reader.close()

    def _erase_plan_rows(self) -> None:
        with self._open_fairlead() as database:
            if database is None:
                return
            if erase_plan_rows(database) + erase_delivered_events(database):
                database.scrub()

    def _count_customer(self, ids: Iterable[str]) -> ErasedCounts:
        with self._open_fairlead() as fairlead, self._open_mirror() as mirror:
            if fairlead is None:
                return ErasedCounts()
            found, everybody_records = self._find_everywhere(fairlead, mirror, ids)
            return count_customer(fairlead, mirror, found, everybody_records)

    def _find_everywhere(
        self, fairlead: Database, mirror: Database, ids: Iterable[str]
    ) -> tuple[CustomerIds, int]:
        """Find by what all files know a customer, and how many records the data workspace has."""
        from desktop.store.data_workspace_erasure import (
            add_kept_words,
            count_kept_people,
            find_kept_people,
        )

        with self._open_data_store() as files:
            if files is None:
                return find_customer_ids(fairlead, mirror, ids), 0
            known = set(ids)
            users, sids = find_kept_people(*files, known)
            found = find_customer_ids(fairlead, mirror, {*known, *map(str, users), *sids})
            found = add_kept_words(*files, found)
            return found, count_kept_people(*files, map(int, found.users), found.sids)

    @contextmanager
    def _open_mirror(self) -> Iterator[Database]:
        mirror = Database(self._folder / "mirror.db", "mirror", synchronous="NORMAL")
        try:
            yield mirror
        finally:
            mirror.close()

    def _erase_customer(
        self,
        ids: Iterable[str],
        actor: str,
        now: float,
        audit_signer: AuditSigner,
        note_erased: NoteErased | None,
    ) -> ErasedCounts:
        with self._open_fairlead(audit_signer) as fairlead:
            if fairlead is None:
                return ErasedCounts()
            with self._open_mirror() as mirror:
                found, everybody_records = self._find_everywhere(fairlead, mirror, ids)
                erased = erase_customer(
                    fairlead,
                    mirror,
                    found,
                    actor,
                    now,
                    note_erased=note_erased,
                    everybody_records=everybody_records,
                )
                self._erase_from_data_store(found)
                WindowStateFile(self._workspace.state_path).drop_tabs(found.users | found.sids)
                for database in (mirror, fairlead):
                    # The copy is made in memory. Nothing of the customer is left without it, but
                    # what versions before overwrote only in part.
                    is_small = database.path.stat().st_size <= _MAX_REWRITTEN_BYTES
                    database.scrub(rewrites=is_small)
            return erased

    def _count_not_opened_since(self, before: float) -> int:
        if not (self._folder / "mirror.db").exists():
            return 0
        with self._open_mirror() as database:
            return CustomerCache(database).count_not_opened_since.blocking(before)

    @contextmanager
    def _open_data_store(self) -> Iterator[tuple[Database, Database] | None]:
        """Open the data workspace's two files for a moment; None where nothing was ever kept."""
        # Imported here: a start needs none of it.
        from desktop.store.data_workspace_store import has_data_files, open_data_store

        if not has_data_files(self._folder):
            yield None
            return
        store = open_data_store(self._folder)
        try:
            yield store.data_db, store.history_db
        finally:
            store.close()

    def _erase_from_data_store(self, found: CustomerIds) -> None:
        """Erase a customer from the data workspace; last, since it tells their ids."""
        from desktop.store.data_workspace_erasure import erase_kept_people

        with self._open_data_store() as files:
            if files is not None:
                erase_kept_people(*files, map(int, found.users), found.sids)
                for file in files:
                    file.scrub(rewrites=False)
        self._delete_put_aside()

    def _stop_readings(self) -> None:
        from desktop.store.data_source_repository import stop_readings

        with self._open_data_store() as files:
            if files is not None:
                files[0].write(stop_readings)

    def _delete_put_aside(self) -> None:
        """Delete damaged data files: who stands in them can't be told. StorageError."""
        from desktop.store.data_workspace_store import find_put_aside

        for path in find_put_aside(self._folder):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise inaccessible_path_error(path, error) from error

    def _erase_data_store(self, *, with_counts: bool) -> None:
        from desktop.store.data_workspace_erasure import erase_everybody

        with self._open_data_store() as files:
            if files is not None:
                erase_everybody(*files, with_counts=with_counts)
        self._delete_put_aside()

    def _count_delivered_before(self, before: float) -> int:
        with self._open_fairlead() as database:
            if database is None:
                return 0
            return database.read(lambda c: len(find_delivered_events(c, before)))

    def _erase_mirror(self) -> None:
        WindowStateFile(self._workspace.state_path).drop_tabs()
        if not (self._folder / "mirror.db").exists():
            return
        with self._open_mirror() as database:
            CustomerCache(database).erase_all.blocking()
