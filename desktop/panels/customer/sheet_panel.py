"""What the panels of the sheet share: a title, the model, and Retry."""

from PySide6.QtWidgets import QWidget

from desktop.panels.widgets.card import Card
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel


class SheetPanel(Card):
    """A card of the sheet. Retry asks all services again."""

    def __init__(
        self,
        title: str,
        model: CustomerSheetModel,
        *,
        borderless: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(title, borderless=borderless, parent=parent)
        self.model = model
        self.retry_requested.connect(model.refresh)

    def refresh(self) -> None:
        """Show the newest view; each panel draws its own. The sheet asks for it."""
