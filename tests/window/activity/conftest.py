"""One sandbox for the room; each test has a workspace and a page of its own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from at_work import RunningSandbox, bury, end_quietly, make_house, soon
from PySide6.QtWidgets import QApplication

from desktop.app.wiring import House
from desktop.connect.setup import run_setup
from desktop.model.edit import Intent, Service, Target
from desktop.panels.activity_page import ActivityPage
from desktop.panels.theme.theme import Choice, Theme
from desktop.viewmodels.activity import ActivityModel

_HERE = Path(__file__).parent
MARIA = "5e9f3c1b2a4d6e8f00713401"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    end_quietly(items, _HERE)


@pytest.fixture(scope="session")
def serving() -> Iterator[RunningSandbox]:
    sandbox = RunningSandbox()
    yield sandbox
    sandbox.stop()


@pytest.fixture(scope="session")
def theme(qapp: QApplication) -> Theme:
    qapp.setQuitOnLastWindowClosed(False)
    return Theme(qapp, Choice.LIGHT)


class AtDesk:
    """A connected workspace, the model and its page."""

    def __init__(self, house: House) -> None:
        self.house = house
        live, clock = house.live, house.ground.clock
        self.model = ActivityModel(live, house.store, house.undo, house.editor, house.bus, clock)
        self.page = ActivityPage(self.model)

    async def want(self, *intents: Intent, wait: bool = False) -> list[str]:
        # Past the rules: what is listed may have been allowed at another time.
        edits = await self.house.editor.enqueue(intents, wait_for_undo=wait)
        return [edit.id for edit in edits]

    async def send(self) -> None:
        await soon(self.house.deliverer().deliver_due())

    async def leave(self) -> None:
        await self.model.close()
        self.page.close()
        await bury(self.page, self.model)

    def states(self) -> list[str]:
        rows = [self.model.table.row(i) for i in range(self.model.table.rowCount())]
        return [row.state for row in rows if row is not None]


@pytest.fixture
async def quiet_desk(theme: Theme, tmp_path: Path) -> AsyncIterator[AtDesk]:
    """Not connected: what needs no service."""
    house = make_house(tmp_path / "home")
    desk = AtDesk(house)
    yield desk
    await house.close()


@pytest.fixture
async def desk(theme: Theme, serving: RunningSandbox, tmp_path: Path) -> AsyncIterator[AtDesk]:
    serving.control("POST", "reset")
    house = make_house(tmp_path / "home")
    await soon(run_setup({**serving.document, "changes": True}, house.live.desk))
    house.live.reload()
    await soon(house.live.connect())
    desk = AtDesk(house)
    yield desk
    await house.close()


def on_maria(kind: object, name: str, old: object, new: object, **more: object) -> Intent:
    target = Target(Service.SAILTHRU, MARIA, "maria@lopez.example")
    return Intent(kind, target, name, old, new, **more)  # type: ignore[arg-type]
