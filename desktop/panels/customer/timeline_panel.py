"""Customer panel “Timeline”: edits, tickets, list joins and mail activity, newest first."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.panels.customer.sheet_panel import SheetPanel
from desktop.panels.widgets.key_value_table import KeyValueTable
from desktop.panels.widgets.link_button import LinkButton
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel
from desktop.viewmodels.customer.timeline_view import COLLAPSED_ROW_COUNT, build_timeline_view


class TimelinePanel(SheetPanel):
    """Panel widget with the timeline's first events, and the rest on demand."""

    key = "timeline"
    why_requested = Signal()  # why the customer is opted out

    def __init__(self, model: CustomerSheetModel, parent: QWidget | None = None) -> None:
        super().__init__("Timeline", model, parent=parent)
        self._table = KeyValueTable("Timeline events", label_width=72, small_labels=True)
        self.why_button = LinkButton("Why opted out?")
        self.why_button.clicked.connect(self.why_requested)
        self.set_corner_widget(self.why_button)
        self.add(self._table)
        self.add_more_button()

    def show_context(self, context: CustomerContext) -> None:
        view = build_timeline_view(context)
        if not self.show_panel_state(view.panel_state, rows=5):
            return
        self.why_button.setVisible(view.can_explain_optout)
        self._table.set_rows(self.limit_rows(context, view.rows, COLLAPSED_ROW_COUNT))
