"""A quiet line on the sheet: who has the same customer open at another computer of the team."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QWidget

from desktop.store.team.team_store import TeamStore, build_team_store
from tests.support.postgres_server import PostgresServer, serve_postgres
from tests.support.team_desk import KEY
from tests.support.window_driver import WindowDriver
from tests.support.window_workspace import await_with_timeout

MARIA = "maria@lopez.example"
LINE = "Who else has the customer open"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    yield from serve_postgres(tmp_path_factory.mktemp("pg") / "server")


async def join_with_colleague(window: WindowDriver, postgres: PostgresServer) -> TeamStore:
    """Join the window's workspace to a team, and another desk beside it."""
    house, address = window.house, postgres.address(postgres.new_database()).with_key(KEY)
    await await_with_timeout(house.team.join(address.text, house.session.actor))
    account = await house.store.accounts.get_current()
    assert account is not None
    bo = build_team_store(address, "bo")
    await bo.desks.join("reception", "Bo Berg", "1", account)
    # It listens from its start on; else it would within a third of a minute.
    await window.reopen_window()
    return bo


def line_text(window: WindowDriver) -> str:
    found = window.find_all(LINE, QWidget)
    return found[0].text() if found else ""  # type: ignore[attr-defined]


async def test_colleague_who_opens_the_same_customer_shows_at_once_and_goes(
    window: WindowDriver, postgres: PostgresServer
) -> None:
    bo = await join_with_colleague(window, postgres)
    await window.look_up(MARIA)
    assert line_text(window) == ""
    ids = window.window.tabs_model.open_ids()
    await bo.presence.set_open(ids, "Bo Berg")
    await window.wait_until(lambda: line_text(window) == "Also open: Bo Berg (reception)")
    window.save_screenshot("colleague")
    # Each sees the other, and whoever closes the customer is gone at once.
    seen = await bo.presence.list_others(ids)
    assert {one.name for found in seen.values() for one in found} == {"Ada Admin"}
    await bo.presence.set_open((), "Bo Berg")
    await window.wait_until(lambda: line_text(window) == "")
    await window.close_window()
    assert await bo.presence.list_others(ids) == {}
    bo.close()
