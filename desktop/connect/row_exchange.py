"""Exchanges the rows that a team shares: hands in what has changed here, takes in the rest."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop.store.shared_row_journal import SharedRowJournal
    from desktop.store.team.team_store import TeamStore

_ROWS = 500


async def exchange_rows(store: "TeamStore", journal: "SharedRowJournal") -> int:
    """Hand in and take in the whole team's rows; returns how many were taken in.

    Whether rows are shared at all is asked of the team store each time. Each page is handed in
    before it is forgotten here, and taken in with its number: ended anywhere, it goes on there.
    """
    is_on = await store.shared_rows.is_on()
    if await journal.is_on() is not is_on:
        await journal.switch(is_on=is_on)
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
        count += await journal.take_in(rows, last, store.shared_rows.hash_key)
        seen = last
