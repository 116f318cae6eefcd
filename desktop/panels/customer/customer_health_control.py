"""Control of customer health in the header: segments, and who set the value."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.model.customer_health import CustomerHealth
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.label import elided_label, label
from desktop.panels.widgets.segmented_control import SegmentedControl
from desktop.viewmodels.customer.health_view import build_health_view
from desktop.viewmodels.customer.panel_state import PanelStatus
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel


class CustomerHealthControl(QWidget):
    """Segments in the header that submit the customer's health; “not set” is not neutral."""

    def __init__(self, model: CustomerSheetModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setObjectName("Health panel")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(3))
        self._note = elided_label("", "small", align_right=True)
        header = hbox(label("Health", "small"))
        header.addWidget(self._note, 1)
        column.addLayout(header)
        self._control = SegmentedControl("Health", [(h.value, h.label) for h in CustomerHealth])
        self._control.chosen.connect(self._on_chosen)
        column.addWidget(self._control)

    def refresh(self) -> None:
        """Draw the header's health segments as the sheet's model is now."""
        if self._model.sheet is None:
            return
        view = build_health_view(self._model.context())
        ready = view.panel_state.status is PanelStatus.READY
        self._control.set_value(view.current.value if view.current else None)
        # Wanted is drawn dashed until Sailthru was read back.
        self._control.set_waiting(view.is_pending, view.note)
        reason = view.disabled_reason if ready else (view.panel_state.text or "Loading")
        self._control.set_enabled(ready and not view.disabled_reason, reason)
        self._note.setText(view.note if ready else "")

    def _on_chosen(self, key: str) -> None:
        self._model.edits.set_health(CustomerHealth(key))
