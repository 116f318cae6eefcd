"""Ids met in a source of events are known again, held in memory or written to the table."""

from contextlib import closing

import pytest

from desktop.store import seen_id_table
from desktop.store.seen_id_table import SeenIdTable


@pytest.mark.parametrize(("held", "filter_bits"), [(10_000, 1 << 25), (7, 1 << 25), (7, 8)])
def test_seen_ids_are_known_again_held_or_written(
    monkeypatch: pytest.MonkeyPatch, held: int, filter_bits: int
) -> None:
    monkeypatch.setattr(seen_id_table, "_MAX_HELD", held)
    monkeypatch.setattr(seen_id_table, "_FILTER_BITS", filter_bits)
    with closing(SeenIdTable()) as table:
        first = [table.add(f"id {number % 60}", number) for number in range(100)]
        table.put("id 3", 500)
        table.put("id 99", 501)
        lines = [table.get(f"id {number}") for number in (3, 4, 59, 99, 60)]
    assert first == [True] * 60 + [False] * 40
    assert lines == [500, 4, 59, 501, None]
