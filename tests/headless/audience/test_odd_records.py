"""What accounts hold that nobody expects: huge texts, odd tags, ratings of nothing, a full disk."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from desktop.audience.condition_parser import parse_expression
from desktop.kit.errors import StorageError
from desktop.store.audience_query import QueryMoment
from desktop.store.data_workspace_store import DataStore, open_data_store
from tests.support.data_cases import (
    DAY,
    NOON,
    FakeExport,
    dump,
    open_small_store,
    rating,
    read_all,
    small_account,
    ticket,
    user,
)

MOMENT = QueryMoment(NOON, ZoneInfo("America/New_York"))
_TWO_MB = "word " * 400_000 + "chandelier"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DataStore]:
    yield from open_small_store(tmp_path / "store")


async def count(store: DataStore, expression: str) -> int:
    return await store.audience.count(parse_expression(expression), MOMENT)


async def test_two_megabytes_of_text_are_kept_and_found_to_the_last_word(store: DataStore) -> None:
    account = FakeExport(users=[user(1)], tickets=[ticket(7, 1, description=_TWO_MB)])
    await read_all(store, account)
    assert await count(store, "body contains chandelier") == 1
    assert await count(store, 'body contains "word chandelier"') == 1
    # Shortened in Zendesk, its old words are found no more.
    short = replace(account.tickets[0], description="short", updated_at=NOON, changed_at=NOON)
    await store.tickets.save_tickets([short], "", NOON)
    assert await count(store, "body contains chandelier") == 0
    assert await count(store, "body contains short") == 1


@pytest.mark.parametrize(
    "tag", ["zone:north", "a:b:c", "50%_off", "tag'with\"quotes", "tag-ü", "-", "x" * 255]
)
async def test_any_tag_picks_who_has_it(store: DataStore, tag: str) -> None:
    people = [user(1, tags=(tag,)), user(2, tags=("other",))]
    await read_all(store, FakeExport(users=people, tickets=[ticket(7, 2, tags=(tag, "t"))]))
    quoted = tag.replace("\\", "\\\\").replace('"', '\\"')
    assert await count(store, f'tag is "{quoted}"') == 1
    assert await count(store, f'ticket_tag is "{quoted}"') == 1
    assert await count(store, f'tag is not "{quoted}"') == 1


async def test_ratings_of_deleted_and_of_unknown_tickets_are_counted_and_harm_nobody(
    store: DataStore,
) -> None:
    kept = ticket(7, 1, status="solved")
    gone = replace(kept, id=8, status="deleted")
    never_read = replace(kept, id=9, requester_id=555)
    ratings = [rating(1, kept, "good"), rating(2, gone, "bad"), rating(3, never_read, "bad")]
    await read_all(store, FakeExport(users=[user(1)], tickets=[kept, gone], ratings=ratings))
    scores = dict(
        store.history_db.read(
            lambda c: c.execute(
                "SELECT score, sum(count) FROM rating_count GROUP BY score"
            ).fetchall()
        )
    )
    assert scores == {"good": 1, "bad": 2}
    # The newer one of theirs counts, also where its ticket is gone; nobody is made of the third.
    assert (await store.people.count_kept()).people == 1
    assert await count(store, "rating is set") == 1


async def test_full_disk_stops_the_reading_in_a_sentence_and_the_next_one_loses_nothing(
    tmp_path: Path,
) -> None:
    account = small_account()
    account.tickets = [*account.tickets, ticket(300, 1, description=_TWO_MB)]
    whole = open_data_store(tmp_path / "whole")
    await read_all(whole, account)
    wanted = dump(whole.data_db, ("data_source",)), dump(whole.history_db)
    whole.close()
    for store in open_small_store(tmp_path / "full"):
        pages = store.data_db.read(lambda c: c.execute("PRAGMA page_count").fetchone()[0])
        # As if the disk ended some pages later: SQLite refuses in the middle of the reading.
        store.data_db.write(
            lambda c, most=pages + 4: c.execute(f"PRAGMA max_page_count = {most}").fetchall()
        )
        with pytest.raises(StorageError) as refused:
            await read_all(store, account)
        assert "space" in str(refused.value) or "full" in str(refused.value)
        store.data_db.write(lambda c: c.execute("PRAGMA max_page_count = 1000000").fetchall())
        await read_all(store, account)
        assert (dump(store.data_db, ("data_source",)), dump(store.history_db)) == wanted


async def test_another_time_zone_moves_days_and_not_the_counts(store: DataStore) -> None:
    midnight = NOON - NOON % DAY
    tickets = [ticket(n, 1, created_at=midnight + (n - 6) * 3600.0) for n in range(1, 12)]
    await read_all(store, FakeExport(users=[user(1)], tickets=tickets))
    for zone in ("UTC", "America/New_York", "Asia/Kathmandu"):
        moment = QueryMoment(NOON, ZoneInfo(zone))
        day = "2023-11-14"
        before = parse_expression(f"ticket_created before {day}")
        since = moment.day_start(day)
        wanted = int(any((one.created_at or 0) < since for one in tickets))
        assert await store.audience.count(before, moment) == wanted
