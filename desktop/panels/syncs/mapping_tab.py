"""The tab “Mapping”: fields on both sides, tried on a real customer, and whom the sync means."""

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from desktop.model.mapping import MappingRow
from desktop.panels.parts.button import icon_button, primary, quiet, secondary
from desktop.panels.parts.card import Card
from desktop.panels.parts.label import label
from desktop.panels.parts.scroll import scrolling
from desktop.panels.syncs.effects_card import EffectsCards
from desktop.panels.syncs.mapping_form import MappingForm
from desktop.panels.syncs.mapping_rows import MappingRows
from desktop.panels.theme import fonts
from desktop.panels.theme.tokens import GAP_CARD
from desktop.viewmodels.syncs.mapping import MappingModel, MappingView
from desktop.viewmodels.syncs.mapping_view import direction_words

_BESIDE_FROM = 620


class MappingTab(QWidget):
    """Edits a draft; the foot says what is wrong with it and saves it."""

    def __init__(self, model: MappingModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.trying = QLineEdit()
        self.trying.setAccessibleName("Customer to try it on")
        self.trying.setObjectName("Customer to try it on")
        self.trying.setPlaceholderText("E-mail address of a customer")
        self.trying.setMaxLength(320)
        self.trying.setMinimumWidth(fonts.scaled(80))
        self.try_button = secondary("Try it on", name="Try it on")
        self.tried = label("", wrap=True)
        self.rows = MappingRows()
        self.form = MappingForm()
        self.add = quiet("Add a row", name="Add a row")
        self.add.set_icon("plus")
        self.duplicate = icon_button("copy", "Duplicate the row")
        self.up = icon_button("chevron-up", "Move the row up")
        self.down = icon_button("chevron-down", "Move the row down")
        self.delete = icon_button("trash", "Delete the row")
        self.effects = EffectsCards()
        self.wrong = label("", wrap=True, tone="bad")
        self.discard = secondary("Discard changes", name="Discard changes of the mapping")
        self.save = primary("Save", name="Save the mapping")
        self._lay_out()
        self._connect()
        self.show_mapping()

    def show_mapping(self) -> None:
        """Show the draft."""
        view = self._model.view()
        if view is None:
            return
        source, target = direction_words(view.goal)
        heads = (f"From {source}", "How", f"To {target}", "What it does")
        self.rows.show_lines(view.lines, view.chosen, heads)
        chosen = self._model.row()
        line = view.lines[view.chosen] if chosen is not None else None
        self.form.show_row(chosen, line.wrong if line else "", view.rounding)
        self.form.suggest(view.source_fields, view.target_fields)
        self.effects.show_goal(view.goal)
        self._show_state(view)

    def _show_state(self, view: MappingView) -> None:
        self.tried.setText("Asking both services…" if view.busy else view.tried or view.tried_wrong)
        self.tried.set_tone("bad" if view.tried_wrong and not view.busy else "text")
        self.tried.setVisible(bool(self.tried.text()))
        if not view.trying and self.trying.text() and not self.trying.hasFocus():
            self.trying.clear()
        words = view.wrong[0] if view.wrong else view.unsaved_words
        self.wrong.setText(words)
        self.wrong.set_tone("bad" if view.wrong else "warn")
        self.discard.setVisible(view.unsaved)
        self.save.set_enabled(not view.save_why_not, view.save_why_not)
        for part in (self._fields, self.effects):
            part.setEnabled(view.may_change)
        many = len(view.lines)
        self.up.set_enabled(view.chosen > 0, "It is the first.")
        self.down.set_enabled(view.chosen < many - 1, "It is the last.")
        for button in (self.duplicate, self.delete):
            button.set_enabled(many > 0, "There is no row.")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What stands beside each other here stands below each other in a narrow window."""
        super().resizeEvent(event)
        wide = self.width() >= fonts.scaled(_BESIDE_FROM)
        direction = QBoxLayout.Direction
        self._finding.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        self.form.set_wide(wide)
        self.rows.set_room(self.width() - fonts.scaled(44))

    def _lay_out(self) -> None:
        self._fields = Card("Fields")
        self._finding = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._finding.setSpacing(fonts.scaled(8))
        asked = QHBoxLayout()
        asked.setSpacing(fonts.scaled(8))
        asked.addWidget(self.trying, 1)
        asked.addWidget(self.try_button)
        self._finding.addLayout(asked, 2)
        self._finding.addWidget(self.tried, 3)
        tools = QHBoxLayout()
        tools.setSpacing(fonts.scaled(2))
        tools.addWidget(self.add)
        tools.addStretch(1)
        for button in (self.duplicate, self.up, self.down, self.delete):
            tools.addWidget(button)
        line = QFrame()
        line.setProperty("ground", "line")
        line.setFixedHeight(1)
        self._fields.add(self._finding)
        self._fields.add(8)
        self._fields.add(self.rows)
        self._fields.add(tools)
        self._fields.add(4)
        self._fields.add(line)
        self._fields.add(10)
        self._fields.add(self.form)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(GAP_CARD))
        column.addWidget(self._fields)
        column.addWidget(self.effects)
        column.addStretch(1)
        foot = QHBoxLayout()
        foot.setSpacing(fonts.scaled(8))
        foot.addWidget(self.wrong, 1)
        foot.addWidget(self.discard)
        foot.addWidget(self.save)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(fonts.scaled(8))
        page.addWidget(scrolling(inside), 1)
        page.addLayout(foot)

    def _connect(self) -> None:
        model = self._model
        model.changed.connect(self.show_mapping)
        self.try_button.clicked.connect(self._on_try)
        self.trying.returnPressed.connect(self._on_try)
        self.rows.chosen.connect(model.choose)
        self.rows.switched.connect(self._on_switched)
        self.rows.move_wanted.connect(model.move_row)
        self.rows.delete_wanted.connect(model.delete_row)
        self.rows.duplicate_wanted.connect(model.duplicate_row)
        self.form.edited.connect(self._on_row)
        self.add.clicked.connect(self._on_add)
        self.duplicate.clicked.connect(model.duplicate_row)
        self.up.clicked.connect(self._on_up)
        self.down.clicked.connect(self._on_down)
        self.delete.clicked.connect(model.delete_row)
        self.effects.edited.connect(model.set_goal)
        self.discard.clicked.connect(model.discard)
        self.save.clicked.connect(model.save)

    def _on_try(self) -> None:
        self._model.try_on(self.trying.text())

    def _on_row(self, row: MappingRow) -> None:
        self._model.set_row(row)

    def _on_switched(self, place: int, on: bool) -> None:
        self._model.switch_row(place, on=on)

    def _on_add(self) -> None:
        self._model.add_row()
        self.form.take_focus()

    def _on_up(self) -> None:
        self._model.move_row(-1)

    def _on_down(self) -> None:
        self._model.move_row(1)
