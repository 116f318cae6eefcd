"""Activity's filter Other desks: what a colleague did elsewhere, with their name."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.model.team import TeamMembership
from desktop.store.team.team_store import TeamStore, build_team_store
from desktop.viewmodels.activity.activity_row import ActivityFilter
from tests.support.activity_page_driver import ActivityPageDriver
from tests.support.fresh_store import open_fresh_store
from tests.support.postgres_server import PostgresServer, serve_postgres
from tests.support.team_desk import KEY
from tests.support.team_process import hand_in, write_edits
from tests.support.window_workspace import await_with_timeout, wait_until


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    yield from serve_postgres(tmp_path_factory.mktemp("pg") / "server")


async def test_change_at_another_desk_is_listed_with_its_person(
    activity_page: ActivityPageDriver, postgres: PostgresServer, tmp_path: Path
) -> None:
    house, model = activity_page.house, activity_page.model
    page = activity_page.page
    page.resize(1060, 500)
    page.show()
    assert "TEAM" not in page.filter_control._segments
    page.hide()
    address = postgres.address(postgres.new_database()).with_key(KEY)
    await await_with_timeout(house.team.join(address.text, house.session.actor))
    other = open_fresh_store(tmp_path / "other")
    write_edits(other, 2)
    account = house.store.accounts.get_current.blocking()
    assert account is not None
    team = build_team_store(address, "bo")
    team_id = team.desks.join.blocking("Bo's laptop", "Bo Berg", "1", account)
    other.team.save.blocking(TeamMembership(team_id, "bo", "", "Bo Berg", 1.0))
    await await_with_timeout(_hand_in(other, team))
    page.show()
    page.filter_control.set_value("TEAM")
    model.set_filter(ActivityFilter.TEAM, "")
    await wait_until(lambda: model.table_model.rowCount() == 2)
    row = model.table_model.row_at(0)
    assert row is not None
    assert (row.actor, row.reason_text, row.state) == ("Ada", "at Bo's laptop", "Confirmed")
    assert (row.customer, row.change_text) == ("not known on this computer", "Profile data: city")
    model.select(row.id)
    await wait_until(lambda: model.detail_view() is not None)
    assert "Bo's laptop" in model.details_text(row.id)
    if folder := os.environ.get("SHOTS"):
        page.grab().save(f"{folder}/activity-other-desks.png")
    model.set_filter(ActivityFilter.TEAM, "nobody")
    assert model.table_model.rowCount() == 0
    # A reading that is under way would open its connection once more.
    await model.tasks.wait_for_prefix("")
    # Away: said, and the other filters still list.
    model.team_loader._entries.clear()
    store = await house.team.open()
    assert store is not None
    store.database._close()
    store.database.address = build_team_store(address, "x").database.address.__class__(
        "127.0.0.1", "nowhere", "desk", port=1
    )
    model.set_filter(ActivityFilter.TEAM, "")
    await wait_until(lambda: model.list_state().has_failed)
    assert "can't be reached" in model.list_state().text
    model.set_filter(ActivityFilter.ALL, "")
    assert not model.list_state().has_failed
    team.close()
    other.close()


async def _hand_in(store: object, team: TeamStore) -> None:
    import asyncio

    await asyncio.to_thread(hand_in, store, team)  # type: ignore[arg-type]
