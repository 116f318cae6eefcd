"""The part of the drawer Why opted out? that leads through the repair of a hard bounce."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import delete_widget, hbox, vbox
from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.chip import Chip
from desktop.panels.widgets.label import label
from desktop.viewmodels.customer.why_opted_out_model import BounceRepairView


class BounceRepairSection(Card):
    """Card with the three steps of a hard bounce's repair; hidden where there is none."""

    def __init__(self) -> None:
        super().__init__("Hard bounce", name="Hard bounce")
        self._status = label("", wrap=True)
        self._steps: QWidget | None = None
        self._steps_place = QVBoxLayout()
        self.repair_button = primary_button("Begin the repair")
        self.give_up_button = secondary_button("Give the repair up")
        # A card's most is its size hint, which does not know how the sentences wrap.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.add(self._status)
        self.add(6)
        self.add(self._steps_place)
        self.add(10)
        self.add(hbox(1, self.give_up_button, self.repair_button))
        self._shown = BounceRepairView()
        self.hide()

    def show_repair(self, view: BounceRepairView) -> None:
        """Draw how far the repair of the customer's hard bounce is."""
        if view == self._shown:
            return
        self._shown = view
        self.setVisible(bool(view.steps))
        self._status.setText(view.note)
        self.repair_button.set_text(view.button)
        self.repair_button.setVisible(bool(view.button))
        self.repair_button.set_enabled(not view.button_reason, view.button_reason)
        self.give_up_button.setVisible(view.can_give_up)
        if self._steps is not None:
            delete_widget(self._steps)
        self._steps = QWidget()
        rows = []
        for number, (text, state, tone) in enumerate(view.steps, start=1):
            figure = label(f"{number}.", "muted")
            figure.setFixedWidth(fonts.scaled(18))
            row = hbox()
            row.addWidget(figure, 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(label(text, wrap=True, selectable=True), 1)
            row.addWidget(Chip(state, tone), 0, Qt.AlignmentFlag.AlignTop)
            rows.append(row)
        self._steps.setLayout(vbox(*rows, spacing=6))
        self._steps_place.addWidget(self._steps)
