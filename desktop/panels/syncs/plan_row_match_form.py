"""The form that chooses side by side which of several records a preview's row is matched with."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.label import label
from desktop.viewmodels.syncs.plan_row_view import MatchView

_NOTE = "The choice is remembered. The services keep every record."


class PlanRowMatchForm(QWidget):
    """Form widget in the details of a preview row: a column for each record, with its button."""

    chosen = Signal(str)  # id of the record

    def __init__(self, matches: tuple[MatchView, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Choose the match")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(6))
        title = "Which one is synced?" if len(matches) > 1 else "Whose was it?"
        column.addWidget(label(title, "title"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(fonts.scaled(10))
        grid.setVerticalSpacing(fonts.scaled(3))
        for place, match in enumerate(matches):
            self._add_match(grid, place, match)
        column.addLayout(grid)
        column.addWidget(label(_NOTE, "note", wrap=True))

    def _add_match(self, grid: QGridLayout, place: int, match: MatchView) -> None:
        top = Qt.AlignmentFlag.AlignTop
        for row, (name, value) in enumerate(match.facts):
            # Above the values and not beside them: three columns fit into the panel.
            if place == 0:
                grid.addWidget(label(name, "muted"), 2 * row, 0, 1, -1)
            grid.addWidget(label(value, wrap=True), 2 * row + 1, place, top)
        grid.setColumnStretch(place, 1)
        button = secondary_button(match.button, name=f"{match.button}: {match.record_id}")
        button.clicked.connect(partial(self.chosen.emit, match.record_id))
        grid.addWidget(button, 2 * len(match.facts), place, top)
