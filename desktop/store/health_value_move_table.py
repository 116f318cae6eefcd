"""The table `state_move`: how profiles' health and value moved, summed per quarter of an hour."""

import sqlite3
from collections import Counter

# Table and column of the readings of each.
STATE_READINGS = {"health": ("health_reading", "health"), "value": ("value_reading", "segment")}
# No reading before; none set.
FIRST, NONE_SET = "", "-"

# What moved, the quarter of an hour in UTC since 1970, and from which state to which.
StateMove = tuple[str, int, str, str]


def state_key(state: str | float | None) -> str:
    """Return how a state is written in the table."""
    return NONE_SET if state is None else str(state)


def add_moves(connection: sqlite3.Connection, moves: Counter[StateMove]) -> None:
    """Add moves to those that are counted; one from a state to itself is none."""
    rows = [(*move, count) for move, count in moves.items() if count and move[2] != move[3]]
    connection.executemany(
        "INSERT INTO state_move (what, quarter, was, now, count) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (what, quarter, was, now) DO UPDATE SET count = count + excluded.count",
        rows,
    )
    connection.executemany(
        "DELETE FROM state_move WHERE what = ? AND quarter = ? AND was = ? AND now = ?"
        " AND count = 0",
        [row[:4] for row in rows if row[4] < 0],
    )


def remove_moves_of(connection: sqlite3.Connection, sid: str, quarter_s: int) -> None:
    """Take a profile's moves off again, before its readings are deleted."""
    moves: Counter[StateMove] = Counter()
    for what, (table, column) in STATE_READINGS.items():
        was = FIRST
        rows = connection.execute(
            f"SELECT at, {column} FROM {table} WHERE sid = ? ORDER BY at",  # noqa: S608 - ours
            (sid,),
        )
        for at, state in rows:
            now = state_key(state)
            moves[what, int(at // quarter_s), was, now] -= 1
            was = now
    add_moves(connection, moves)
