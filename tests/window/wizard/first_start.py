"""The set-up in a window of its own, and what stands where the browser would open."""

from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.app.wiring import House
from desktop.panels.wizard import Wizard
from desktop.viewmodels.wizard import WizardModel
from tests.window.at_work import bury


class NoBrowser(QObject):
    """Takes what would open the computer's browser."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(url.toString())


class FirstStart:
    """The page in a window of its own."""

    def __init__(self, house: House) -> None:
        self.house = house
        live = house.live
        self.model = WizardModel(live, live.desk, house.ground.clock)
        self.page = Wizard(self.model)
        self.window = QWidget()
        QVBoxLayout(self.window).addWidget(self.page)
        self.window.layout().setContentsMargins(0, 0, 0, 0)  # type: ignore[union-attr]
        self.window.resize(760, 700)
        self.window.show()
        self.finished: list[bool] = []
        self.page.finished.connect(self._on_finished)

    @property
    def zendesk(self):  # noqa: ANN201
        return self.page.cards[0]

    @property
    def sailthru(self):  # noqa: ANN201
        return self.page.cards[1]

    async def leave(self) -> None:
        await self.model.close()
        self.window.close()
        await bury(self.window, self.model)

    def _on_finished(self) -> None:
        self.finished.append(True)
