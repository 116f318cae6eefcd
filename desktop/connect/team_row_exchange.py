"""Exchanges the rows that a team shares: hands in what has changed here, takes in the rest."""

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop.store.shared_row_journal import SharedRowJournal
    from desktop.store.team.team_store import TeamStore

log = logging.getLogger(__name__)
_ROWS = 500


async def exchange_rows(store: "TeamStore", journal: "SharedRowJournal") -> int:
    """Hand in and take in the whole team's rows; returns how many were taken in.

    Whether rows are shared at all is asked of the team store each time. Each page is handed in
    before it is forgotten here, and taken in with its number: ended anywhere, it goes on there.
    A team store that was restored from an older backup is handed in what it lacks.
    """
    is_on = await store.shared_rows.is_on()
    if await journal.is_on() is not is_on:
        await journal.switch(is_on=is_on)
    await _repair_restored(store, journal)
    after = 0
    while True:
        rows, last = await journal.list_changes("", _ROWS, after)
        if last == after:
            break
        await store.shared_rows.hand_in(rows)
        await journal.forget(rows)
        after = last
    count, seen = 0, await journal.get_seen()
    while True:
        rows, last = await store.shared_rows.list_since(seen, _ROWS)
        if last == seen:
            return count
        # Told first: ended in between, nothing looks as if it had been restored.
        await store.desks.note_rows_seen(last)
        count += await journal.take_in(rows, last, store.shared_rows.hash_key)
        seen = last


async def _repair_restored(store: "TeamStore", journal: "SharedRowJournal") -> None:
    """Have all that is here handed in again where the team store has forgotten what this desk saw.

    By the rows' own times, so that whichever desk has the newest is the one that counts. What
    this desk had seen before the backup and has no more was deleted since, and is again.
    """
    # First: another process of this desk tells before it takes in, and never less.
    seen = await journal.get_seen()
    told = await store.desks.get_rows_seen()
    if told is None:
        # Seen by an earlier version, which told nobody.
        await store.desks.note_rows_seen(seen)
        return
    if told >= seen:
        return
    log.warning("The team store lacks rows that it had: they are handed in again")
    keys = await journal.note_all_by_their_times(store.shared_rows.hash_key)
    await store.shared_rows.delete_again(told, keys)
    await journal.set_seen(told)
