"""The set-up in a window of its own, and what stands where the browser would open."""

from typing import TypeVar

from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.app.container import WorkspaceServices
from desktop.panels.settings.sailthru_connection_card import SailthruConnectionCard
from desktop.panels.settings.zendesk_connection_card import ZendeskConnectionCard
from desktop.panels.setup_wizard import SetupWizard
from desktop.panels.widgets.card import Card
from desktop.viewmodels.settings.setup_wizard_model import SetupWizardModel
from tests.support.window_workspace import delete_qt_objects

CardT = TypeVar("CardT", bound=Card)


class BrowserRecorder(QObject):
    """Takes what would open the computer's browser."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(url.toString())


class SetupWizardDriver:
    """The page in a window of its own."""

    def __init__(self, house: WorkspaceServices) -> None:
        self.house = house
        live = house.session
        self.model = SetupWizardModel(live, live.connection_config)
        self.page = SetupWizard(self.model)
        self.window = QWidget()
        QVBoxLayout(self.window).addWidget(self.page)
        self.window.layout().setContentsMargins(0, 0, 0, 0)  # type: ignore[union-attr]
        self.window.resize(760, 700)
        self.window.show()
        self.finished: list[bool] = []
        self.page.finished.connect(self._on_finished)

    @property
    def zendesk(self) -> ZendeskConnectionCard:
        return self.find_card(ZendeskConnectionCard)

    @property
    def sailthru(self) -> SailthruConnectionCard:
        return self.find_card(SailthruConnectionCard)

    def find_card(self, kind: type[CardT]) -> CardT:
        """Find the step's card of this class, whether or not the step is shown."""
        return next(card for card in self.page.cards if isinstance(card, kind))

    async def close_page(self) -> None:
        await self.model.close()
        self.window.close()
        await delete_qt_objects(self.window, self.model)

    def _on_finished(self) -> None:
        self.finished.append(True)
