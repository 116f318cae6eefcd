"""Customer panel “Customer value”: segment 1 to 4 and the predicted amount."""

from PySide6.QtWidgets import QWidget

from desktop.model.edit import EditKind
from desktop.model.permission import Permission
from desktop.panels.customer.sheet_panel import SheetPanel
from desktop.panels.customer.switch_view_row import show_switch_row
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.dot_rating import DotRating
from desktop.panels.widgets.label import label
from desktop.panels.widgets.switch_row import SwitchRow
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.customer_value_view import build_customer_value_view
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel


class CustomerValuePanel(SheetPanel):
    """Panel widget with the value's scale, amount, meaning and thresholds, and the tag's switch."""

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
        self._explanation = label("", "note", wrap=True)
        self.add(2)
        self.add(self._explanation)
        self._high_value_row = SwitchRow("High value")
        self._high_value_row.chosen.connect(model.edits.set_high_value)
        self.add_footer(self._high_value_row)
        self.add_ask_lead_button(EditKind.TAG)

    def show_context(self, context: CustomerContext) -> None:
        view = build_customer_value_view(context)
        show_switch_row(self._high_value_row, view.high_value)
        is_refused = view.high_value is not None and bool(view.high_value.disabled_reason)
        self.show_ask_lead_button(is_refused and context.can_ask_lead(Permission.TAG))
        if self.show_panel_state(view.panel_state, rows=2):
            self._figure.setText(view.title)
            self._scale.setVisible(view.segment is not None)
            self._scale.set_value(view.segment, view.title)
            self._words.setText(view.amount_text)
            self._meaning.setText(view.segment_meaning)
            self._explanation.setText(view.explanation)
