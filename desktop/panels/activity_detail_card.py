"""One change in full: both sides of a conflict, what may be done, and how it went so far."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop.panels.settings.card_layout import allow_full_height
from desktop.panels.theme import fonts
from desktop.panels.widgets.button import Button, secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.chip import Chip, ChipState
from desktop.panels.widgets.key_value_table import KeyValueRow, KeyValueTable
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton
from desktop.viewmodels.activity.activity_detail_view import ActivityDetailView

_BUTTON_KEYS = ("apply", "retry", "undo", "discard", "leave")
_LINK_KEYS = ("run", "open", "copy")
_CHIP_STATES: dict[str, ChipState] = {
    "ok": "ok",
    "warn": "warn",
    "bad": "bad",
    "info": "info",
    "neutral": "neutral",
}


class ActivityDetailCard(Card):
    """`wanted` carries the act and the change's id."""

    edit_action_requested = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Details", parent=parent)
        allow_full_height(self)
        self._id = ""
        self._chip = Chip("", "neutral")
        self.set_corner_widget(self._chip)
        self.title_label.setWordWrap(True)
        self._message = label("", wrap=True, selectable=True)
        self._both_sides_box = QFrame()
        self._both_sides_box.setProperty("ground", "raised")
        sides = QVBoxLayout(self._both_sides_box)
        pad = fonts.scaled(9)
        sides.setContentsMargins(pad, pad // 2, pad, pad // 2)
        self._both_sides = KeyValueTable("Both sides", label_width=118)
        self._both_sides_note = label("", "note", wrap=True)
        sides.addWidget(self._both_sides)
        sides.addWidget(self._both_sides_note)
        self._undo_note = label("", "note", wrap=True)
        self._buttons: dict[str, Button] = {key: secondary_button(key) for key in _BUTTON_KEYS}
        self._buttons |= {key: LinkButton(key) for key in _LINK_KEYS}
        self._facts = KeyValueTable("Facts", label_width=82)
        self._reason_name = label("Reason", "muted")
        self._reason_name.setFixedWidth(fonts.scaled(82))
        self._reason = label("", wrap=True, selectable=True)
        self._history_title = label("How it went", "title")
        self._history = QVBoxLayout()
        self._history.setSpacing(fonts.scaled(2))
        self._lay_out()
        for button in self._buttons.values():
            button.clicked.connect(self._on_clicked)

    def button(self, key: str) -> Button:
        """Give the button of one act."""
        return self._buttons[key]

    def show_detail(self, view: ActivityDetailView | None) -> None:
        """Show one change, or say that none is chosen."""
        self.set_corner_visible(view is not None)
        if view is None:
            self._id = ""
            self.set_title("Details")
            self.show_empty("Choose a change to see its details.")
            return
        self._id = view.id
        self.set_title(view.title)
        self._chip.set_state(view.state, _CHIP_STATES.get(view.state_tone, "neutral"))
        self._message.setText(view.message)
        self._message.set_tone("bad" if view.state_tone == "bad" else "text")
        self._message.setVisible(bool(view.message))
        self._both_sides_box.setVisible(bool(view.conflict_sides))
        self._both_sides.set_rows(
            [KeyValueRow(name, value, tip=value) for name, value in view.conflict_sides]
        )
        self._both_sides_note.setText(view.conflict_note)
        self._both_sides_note.setVisible(bool(view.conflict_note))
        self._show_actions(view)
        self._undo_note.setText(view.undo_note)
        self._undo_note.setVisible(bool(view.undo_note))
        facts = [fact for fact in view.facts if fact[0] != "Reason"]
        self._facts.set_rows([KeyValueRow(name, value, tip=tip) for name, value, tip in facts])
        reason = next((value for name, value, _ in view.facts if name == "Reason"), "")
        self._reason.setText(reason)
        self._reason.setVisible(bool(reason))
        self._reason_name.setVisible(bool(reason))
        self._show_history(view)
        self.show_content()

    def _lay_out(self) -> None:
        acts = QHBoxLayout()
        links = QHBoxLayout()
        for row, keys, gap in ((acts, _BUTTON_KEYS, 8), (links, _LINK_KEYS, 16)):
            row.setSpacing(fonts.scaled(gap))
            for key in keys:
                row.addWidget(self._buttons[key])
            row.addStretch(1)
        reason = QHBoxLayout()
        reason.setSpacing(fonts.scaled(10))
        reason.addWidget(self._reason_name, 0, Qt.AlignmentFlag.AlignTop)
        reason.addWidget(self._reason, 1)
        self.body.setSpacing(fonts.scaled(8))
        for item in (
            self._message,
            self._both_sides_box,
            acts,
            self._undo_note,
            links,
            self._facts,
            reason,
            self._history_title,
            self._history,
        ):
            self.add(item)

    def _show_actions(self, view: ActivityDetailView) -> None:
        acts = {act.key: act for act in view.actions}
        for key, button in self._buttons.items():
            act = acts.get(key)
            button.setVisible(act is not None)
            if act is not None:
                button.set_text(act.label)
                button.setAccessibleName(act.label)
                button.set_enabled(not act.disabled_reason, act.disabled_reason)
        self._buttons["apply"].set_kind("primary")

    def _show_history(self, view: ActivityDetailView) -> None:
        self._history_title.setVisible(bool(view.history))
        while (item := self._history.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for time, words in view.history:
            self._history.addWidget(label(f"{time}  {words}", "muted", wrap=True, selectable=True))

    def _on_clicked(self) -> None:
        sender = self.sender()
        for key, button in self._buttons.items():
            if button is sender:
                self.edit_action_requested.emit(key, self._id)
