"""The settings in a window of their own, in a workspace that is connected."""

from typing import TypeVar

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.app.container import WorkspaceServices
from desktop.app.data_source_use_cases import build_data_source_use_cases
from desktop.connect.workspace_setup import set_up_workspace
from desktop.panels.settings.settings_form import SettingsForm
from desktop.panels.settings_page import SettingsPage
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.form import FormRow
from desktop.viewmodels.settings.settings_page_model import SettingsPageModel
from tests.support.window_sandbox import PageSandbox
from tests.support.window_workspace import await_with_timeout, delete_qt_objects

CardT = TypeVar("CardT", bound=Card)


class SettingsPageDriver:
    """The page in a window of its own."""

    def __init__(self, house: WorkspaceServices) -> None:
        self.house = house
        self.started: list[bool] = []  # readings that were begun: from the beginning or not
        live = house.session
        self.model = SettingsPageModel(
            live,
            live.connection_config,
            house.erasures,
            house.team,
            house.bus,
            house.context.paths.logs,
            make_sell_exporter=house.build_sell_exporter,
            get_retention=lambda: house.retention if house.has_everybody() else None,
            data_sources=build_data_source_use_cases(house, self.started.append),
            get_syncs=lambda: house.syncs,
        )
        self.page = SettingsPage(self.model)
        self.window = QWidget()
        column = QVBoxLayout(self.window)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.page)
        self.window.resize(1060, 700)

    def find_card(self, section: str, kind: type[CardT]) -> CardT:
        """Show a section and find its card of this class."""
        self.page.show_section(section)
        return next(card for card in self.page.cards[section] if isinstance(card, kind))

    def find_setting_row(self, section: str, key: str) -> FormRow:
        """Find the row of one setting."""
        self.page.show_section(section)
        for card in self.page.cards[section]:
            for form in card.findChildren(SettingsForm):
                if key in form.rows:
                    return form.rows[key]
        raise LookupError(key)

    async def close_page(self) -> None:
        await self.model.close()
        self.window.close()
        await delete_qt_objects(self.window, self.model)


def setup_document(sandbox: PageSandbox, who: str = "") -> dict[str, object]:
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


async def connect_workspace(
    house: WorkspaceServices, given: dict[str, object]
) -> SettingsPageDriver:
    await await_with_timeout(set_up_workspace(given, house.session.connection_config))  # type: ignore[arg-type]
    house.session.reload_settings()
    await await_with_timeout(house.session.connect())
    office = SettingsPageDriver(house)
    office.window.show()
    return office
