"""What the panels of the sheet share: they follow the model and draw their view when it changes."""

from PySide6.QtWidgets import QWidget

from desktop.panels.parts.card import Card
from desktop.viewmodels.sheet import SheetModel


class SheetPanel(Card):
    """A card of the sheet. Retry asks all services again."""

    def __init__(
        self,
        title: str,
        model: SheetModel,
        *,
        borderless: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(title, borderless=borderless, parent=parent)
        self.model = model
        self.retry_requested.connect(model.refresh)
        model.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show the newest view; each panel draws its own."""
