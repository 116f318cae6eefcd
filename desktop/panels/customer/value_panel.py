"""Customer value: the scale 1–4, the predicted number in words, or that it is not available."""

from PySide6.QtWidgets import QWidget

from desktop.panels.customer.boxes import line
from desktop.panels.customer.framed import show_frame
from desktop.panels.customer.panel import SheetPanel
from desktop.panels.parts.label import label
from desktop.panels.parts.value_scale import ValueScale
from desktop.viewmodels.sheet import SheetModel


class ValuePanel(SheetPanel):
    """Only shows."""

    def __init__(self, model: SheetModel, parent: QWidget | None = None) -> None:
        super().__init__("Customer value", model, parent=parent)
        self._figure = label("", "figure")
        self._scale = ValueScale("Value from 1 to 4")
        self.add(line(self._figure, self._scale, 1))
        self._words = label("", wrap=True)
        self._meaning = label("", "small", wrap=True)
        self.add(4)
        self.add(self._words)
        self.add(2)
        self.add(self._meaning)

    def refresh(self) -> None:
        """Show the newest view."""
        if self.model.sheet is None:
            return
        view = self.model.views.value()
        if show_frame(self, view.frame, rows=2):
            self._figure.setText(view.title)
            self._scale.setVisible(view.segment is not None)
            self._scale.set_value(view.segment, view.title)
            self._words.setText(view.words)
            self._meaning.setText(view.meaning)
