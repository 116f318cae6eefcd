"""Card widget in the tab Mapping with the people whom a sync always leaves out."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.panels.syncs.leave_out_form import (
    LEAVE_OUT_NOTE,
    LEAVE_OUT_PRODUCT_NOTE,
    LeaveOutForm,
)
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import clear_layout, hbox
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.copy_menu import CopyMenu
from desktop.panels.widgets.label import elided_label, label
from desktop.panels.widgets.link_button import LinkButton
from desktop.viewmodels.syncs.left_out_model import LeftOutModel, LeftOutRow


class LeftOutCard(Card):
    """The left-out card: a line for each person, and a form to add one; nothing is a draft."""

    def __init__(self, model: LeftOutModel, parent: QWidget | None = None) -> None:
        super().__init__("Always left out", parent=parent)
        self._model = model
        self._drawn: tuple[tuple[LeftOutRow, ...], bool] | None = None
        self.form = LeaveOutForm(asks_who=True)
        self.error_label = label("", wrap=True, tone="bad")
        self._list = QWidget()
        self._lines = QVBoxLayout(self._list)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(fonts.scaled(2))
        self.body.setSpacing(fonts.scaled(6))
        self._note_label = label(LEAVE_OUT_NOTE, "note", wrap=True)
        for part in (self._note_label, self._list, self.form):
            self.add(part)
        self.add(self.error_label)
        self.form.left_out.connect(model.add)
        model.changed.connect(self.show_people)
        model.added.connect(self.form.clear)
        self.show_people()

    def show_people(self) -> None:
        """Draw the left-out card as its model is now."""
        view = self._model.view()
        self.set_note(view.count_text)
        self.error_label.setText(view.error)
        self.error_label.setVisible(bool(view.error))
        self.form.set_disabled_reason(view.disabled_reason)
        self.form.setVisible(not view.is_of_products)
        self._note_label.setText(LEAVE_OUT_PRODUCT_NOTE if view.is_of_products else LEAVE_OUT_NOTE)
        if (view.rows, view.can_change) == self._drawn:
            return
        self._drawn = (view.rows, view.can_change)
        clear_layout(self._lines)
        for row in view.rows:
            self._lines.addWidget(_PersonLine(row, self._model, can_remove=view.can_change))
        self._list.setVisible(bool(view.rows))


class _PersonLine(QWidget):
    """A line of the left-out card: name, reason, by whom and when."""

    def __init__(self, row: LeftOutRow, model: LeftOutModel, *, can_remove: bool) -> None:
        super().__init__()
        self._key, self._model = row.key, model
        name = elided_label(row.label, "text")
        CopyMenu(name, "name")
        note = elided_label(row.note, "small")
        remove = LinkButton("Include again", name=f"Include {row.label} again")
        remove.setVisible(can_remove)
        remove.clicked.connect(self._on_remove)
        line = hbox(name, note, remove)
        line.setStretch(0, 2)
        line.setStretch(1, 3)
        self.setLayout(line)

    def _on_remove(self) -> None:
        self._model.include_again(self._key)
