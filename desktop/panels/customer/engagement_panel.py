"""Engagement: the last time of each thing, absolute and relative, and lifetime counts."""

from PySide6.QtWidgets import QWidget

from desktop.panels.customer.panel_state import show_panel_state
from desktop.panels.customer.sheet_panel import SheetPanel
from desktop.panels.widgets.key_value_table import KeyValueRow, KeyValueTable
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel


class EngagementPanel(SheetPanel):
    """Only shows."""

    def __init__(self, model: CustomerSheetModel, parent: QWidget | None = None) -> None:
        super().__init__("Engagement", model, parent=parent)
        self._table = KeyValueTable("Engagement facts")
        self.add(self._table)

    def refresh(self) -> None:
        """Show the newest view."""
        if self.model.sheet is None:
            return
        view = self.model.views.engagement()
        if show_panel_state(self, view.panel_state, rows=6):
            self._table.set_rows(
                [
                    KeyValueRow(r.label, r.value, r.elapsed, tip=r.tooltip, note_tip=r.tooltip)
                    for r in view.rows
                ]
            )
