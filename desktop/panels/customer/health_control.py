"""Health: the segmented control of the header, with who set it above."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.model.health import Health
from desktop.panels.customer.boxes import line
from desktop.panels.parts.label import elided, label
from desktop.panels.parts.segmented import SegmentedControl
from desktop.panels.theme import fonts
from desktop.viewmodels.frame import FrameState
from desktop.viewmodels.sheet import SheetModel


class HealthControl(QWidget):
    """Choosing writes at once; not set is a state of its own, not neutral."""

    def __init__(self, model: SheetModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setObjectName("Health panel")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(3))
        self._note = elided("", "small", align_right=True)
        top = line(label("Health", "small"))
        top.addWidget(self._note, 1)
        column.addLayout(top)
        self._control = SegmentedControl("Health", [(h.value, h.words) for h in Health])
        self._control.chosen.connect(self._on_chosen)
        column.addWidget(self._control)

    def refresh(self) -> None:
        """Show the newest view."""
        if self._model.sheet is None:
            return
        view = self._model.views.health()
        ready = view.frame.state is FrameState.READY
        self._control.set_value(view.current.value if view.current else None)
        self._control.set_waiting(view.waiting, view.note)
        why = view.why_not if ready else (view.frame.text or "Loading")
        self._control.set_enabled(ready and not view.why_not, why)
        self._note.setText(view.note if ready else "")

    def _on_chosen(self, key: str) -> None:
        self._model.edits.set_health(Health(key))
