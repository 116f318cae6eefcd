"""The settings in a window of their own, in a workspace that is connected."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.app.wiring import House
from desktop.connect.setup import run_setup
from desktop.panels.settings_page import SettingsPage
from desktop.viewmodels.settings_page import SettingsModel
from tests.window.at_work import RunningSandbox, bury, soon


class Office:
    """The page in a window of its own."""

    def __init__(self, house: House) -> None:
        self.house = house
        live, clock = house.live, house.ground.clock
        self.model = SettingsModel(live, live.desk, clock, house.bus)
        self.page = SettingsPage(self.model)
        self.window = QWidget()
        column = QVBoxLayout(self.window)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.page)
        self.window.resize(1060, 700)

    def row(self, section: str, key: str):  # noqa: ANN201
        """Find the row of one setting."""
        self.page.show_section(section)
        for card in self.page.cards[section]:
            rows = getattr(card, "rows", {})
            if isinstance(rows, dict) and key in rows:
                return rows[key]
        raise LookupError(key)

    async def leave(self) -> None:
        await self.model.close()
        self.window.close()
        await bury(self.window, self.model)


def document(sandbox: RunningSandbox, who: str = "") -> dict[str, object]:
    sailthru, zendesk = sandbox.sailthru, sandbox.zendesk
    return {
        "sailthru": {
            "service_uri": sailthru["service_uri"],
            "api_key": sailthru[f"{who}api_key"],
            "api_secret": sailthru[f"{who}api_secret"],
        },
        "zendesk": {
            "base_url": zendesk["base_url"],
            "email": zendesk[f"{who}email"],
            "api_token": zendesk[f"{who}api_token"],
        },
        "changes": True,
    }


async def connected(house: House, given: dict[str, object]) -> Office:
    await soon(run_setup(given, house.live.desk))  # type: ignore[arg-type]
    house.live.reload()
    await soon(house.live.connect())
    office = Office(house)
    office.window.show()
    return office
