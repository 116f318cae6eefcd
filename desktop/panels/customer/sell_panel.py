"""Customer panel “Zendesk Sell”: contact or lead, status, owner and deals; nothing to change."""

from PySide6.QtWidgets import QWidget

from desktop.panels.customer.sheet_panel import SheetPanel
from desktop.panels.widgets.key_value_table import KeyValueTable
from desktop.panels.widgets.label import label
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.sell_view import build_sell_view
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel


class SellPanel(SheetPanel):
    """Panel widget of what Zendesk Sell knows; hidden where Sell is not connected."""

    def __init__(self, model: CustomerSheetModel, parent: QWidget | None = None) -> None:
        super().__init__("Zendesk Sell", model, parent=parent)
        self._table = KeyValueTable("Zendesk Sell facts")
        self.add(self._table)
        self._end_note = label("", "note", wrap=True)
        self.add(2)
        self.add(self._end_note)

    def show_context(self, context: CustomerContext) -> None:
        view = build_sell_view(context)
        self.setVisible(view.is_shown)
        if self.show_panel_state(view.panel_state, rows=4):
            self._table.set_rows(view.rows)
            self._end_note.setText(view.note)
