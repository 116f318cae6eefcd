"""Timeline: what happened, newest first."""

from PySide6.QtWidgets import QWidget

from desktop.panels.customer.panel_state import show_panel_state
from desktop.panels.customer.sheet_panel import SheetPanel
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.key_value_table import KeyValueRow, KeyValueTable
from desktop.panels.widgets.link_button import LinkButton
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel
from desktop.viewmodels.customer.timeline_view import COLLAPSED_ROW_COUNT


class TimelinePanel(SheetPanel):
    """Shows a few events, and the rest on demand."""

    def __init__(self, model: CustomerSheetModel, parent: QWidget | None = None) -> None:
        super().__init__("Timeline", model, parent=parent)
        self._table = KeyValueTable("Timeline events", label_width=72, small_labels=True)
        self.add(self._table)
        self._more = LinkButton("")
        self._more.clicked.connect(self._on_more)
        self.add(hbox(self._more, 1))

    def refresh(self) -> None:
        """Show the newest view."""
        if self.model.sheet is None:
            return
        view = self.model.views.timeline()
        if not show_panel_state(self, view.panel_state, rows=5):
            return
        everything = self.model.views.shows_all_rows("timeline")
        rows = view.rows if everything else view.rows[:COLLAPSED_ROW_COUNT]
        self._table.set_rows([KeyValueRow(r.time_text, r.text, tip=r.tooltip) for r in rows])
        rest = len(view.rows) - len(rows)
        self._more.setVisible(rest > 0 or (everything and len(view.rows) > COLLAPSED_ROW_COUNT))
        self._more.set_text(f"Show {rest} more" if rest > 0 else "Show fewer")

    def _on_more(self) -> None:
        self.model.toggle_all_rows("timeline")
