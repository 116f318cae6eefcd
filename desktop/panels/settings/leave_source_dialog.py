"""Dialog that asks how far a data source is left: disconnected, archived as well, or deleted."""

from collections.abc import Sequence

from PySide6.QtWidgets import QDialog, QWidget

from desktop.kit.text import join_words
from desktop.model.data_source import DataSourceStep
from desktop.panels.widgets.confirmation_dialog import ConfirmationDialog, wait_for_dialog
from desktop.panels.widgets.label import label
from desktop.panels.widgets.radio_row import RadioRow
from desktop.viewmodels.settings.data_sources_model import DataSourceView

_WAYS = {
    DataSourceStep.DISCONNECT: "Disconnect",
    DataSourceStep.ARCHIVE: "Archive",
    DataSourceStep.DELETE: "Delete",
}


class LeaveSourceDialog(ConfirmationDialog):
    """Asks for one of the ways out of a data source; the shortest is chosen at first."""

    def __init__(self, parent: QWidget | None, view: DataSourceView) -> None:
        """`view` is of a data source that can be left by at least one step."""
        first = view.ways_out[0][0]
        super().__init__(
            parent,
            f"{_WAYS[first]} “{view.name}”?",
            first.explanation,
            confirm=_WAYS[first],
            cancel="Cancel",
            dangerous=first is not DataSourceStep.ARCHIVE,
        )
        self.rows: list[RadioRow] = []
        self._explanation = label("", "muted", wrap=True)
        self._ways = view.ways_out
        self.steps = self._ways[0]
        # What comes later can be done later, where somebody will be known to be an admin.
        if not view.leaving_text or first is not DataSourceStep.DISCONNECT:
            return
        self.content.addWidget(label(view.leaving_text, wrap=True))
        for number, steps in enumerate(self._ways):
            row = RadioRow(str(number), join_words([_WAYS[one] for one in steps]).capitalize())
            row.set_selected(number == 0)
            row.chosen.connect(self._on_chosen)
            self.rows.append(row)
            self.content.addWidget(row)
        self.content.addWidget(self._explanation)

    def _on_chosen(self, key: str) -> None:
        self.steps = self._ways[int(key)]
        last = self.steps[-1]
        self._explanation.setText(last.explanation if len(self.steps) > 1 else "")
        self.confirm_button.set_text(self.rows[int(key)].accessibleName())
        self.fit_height()


async def ask_way_out(parent: QWidget | None, view: DataSourceView) -> Sequence[DataSourceStep]:
    """Ask how far a data source is left; no steps if cancelled."""
    question = LeaveSourceDialog(parent, view)
    try:
        accepted = await wait_for_dialog(question) == QDialog.DialogCode.Accepted
        return question.steps if accepted else ()
    finally:
        question.deleteLater()
