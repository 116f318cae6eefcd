"""Customer panel “Engagement”: last opens, clicks, purchases and lifetime counts."""

from PySide6.QtWidgets import QWidget

from desktop.panels.customer.sheet_panel import SheetPanel
from desktop.panels.widgets.key_value_table import KeyValueTable
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.engagement_view import build_engagement_view
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel


class EngagementPanel(SheetPanel):
    """Panel widget with a table of engagement facts; nothing to change."""

    def __init__(self, model: CustomerSheetModel, parent: QWidget | None = None) -> None:
        super().__init__("Engagement", model, parent=parent)
        self._table = KeyValueTable("Engagement facts")
        self.add(self._table)

    def show_context(self, context: CustomerContext) -> None:
        view = build_engagement_view(context)
        if self.show_panel_state(view.panel_state, rows=6):
            self._table.set_rows(view.rows)
