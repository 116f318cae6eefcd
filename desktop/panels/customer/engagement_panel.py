"""Engagement: the last time of each thing, absolute and relative, and lifetime counts."""

from PySide6.QtWidgets import QWidget

from desktop.panels.customer.framed import show_frame
from desktop.panels.customer.panel import SheetPanel
from desktop.panels.parts.key_value import KeyValue, Row
from desktop.viewmodels.sheet import SheetModel


class EngagementPanel(SheetPanel):
    """Only shows."""

    def __init__(self, model: SheetModel, parent: QWidget | None = None) -> None:
        super().__init__("Engagement", model, parent=parent)
        self._table = KeyValue("Engagement facts")
        self.add(self._table)

    def refresh(self) -> None:
        """Show the newest view."""
        if self.model.sheet is None:
            return
        view = self.model.views.engagement()
        if show_frame(self, view.frame, rows=6):
            self._table.set_rows(
                [Row(r.label, r.value, r.ago, tip=r.tip, note_tip=r.tip) for r in view.rows]
            )
