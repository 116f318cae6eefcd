"""Customer panel “Customer value”: segment 1 to 4 and the predicted amount."""

from PySide6.QtWidgets import QWidget

from desktop.panels.customer.sheet_panel import SheetPanel
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.dot_rating import DotRating
from desktop.panels.widgets.label import label
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.customer_value_view import build_customer_value_view
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel


class CustomerValuePanel(SheetPanel):
    """Panel widget with the value's scale, the predicted amount and the segment's meaning."""

    def __init__(self, model: CustomerSheetModel, parent: QWidget | None = None) -> None:
        super().__init__("Customer value", model, parent=parent)
        self._figure = label("", "figure")
        self._scale = DotRating("Value from 1 to 4")
        self.add(hbox(self._figure, self._scale, 1))
        self._words = label("", wrap=True)
        self._meaning = label("", "small", wrap=True)
        self.add(4)
        self.add(self._words)
        self.add(2)
        self.add(self._meaning)

    def show_context(self, context: CustomerContext) -> None:
        view = build_customer_value_view(context)
        if self.show_panel_state(view.panel_state, rows=2):
            self._figure.setText(view.title)
            self._scale.setVisible(view.segment is not None)
            self._scale.set_value(view.segment, view.title)
            self._words.setText(view.amount_text)
            self._meaning.setText(view.segment_meaning)
