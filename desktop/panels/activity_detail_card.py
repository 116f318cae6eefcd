"""Card widget with the details of one edit: conflict, actions, facts and history."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import clear_layout
from desktop.panels.widgets.button import Button, secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.chip import Chip
from desktop.panels.widgets.flow_layout import FlowLayout
from desktop.panels.widgets.form import allow_full_height
from desktop.panels.widgets.key_value_table import KeyValueTable
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.visibility import set_shown
from desktop.viewmodels.activity.activity_detail_view import ActivityAction, ActivityDetailView
from desktop.viewmodels.key_value_row import KeyValueRow

# Decisions are buttons; what only leads elsewhere is a link below them.
_BUTTON_ACTIONS = (
    ActivityAction.APPLY,
    ActivityAction.RETRY,
    ActivityAction.UNDO,
    ActivityAction.DISCARD,
    ActivityAction.LEAVE,
)
_LINK_ACTIONS = (ActivityAction.SHOW_RUN, ActivityAction.OPEN_CUSTOMER, ActivityAction.COPY)


class ActivityDetailCard(Card):
    """The card widget with an Activity row's details, or a text that asks to choose one."""

    action_triggered = Signal(object, str)  # ActivityAction, id of the row

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
        self._buttons: dict[ActivityAction, Button] = {
            action: secondary_button(action.value) for action in _BUTTON_ACTIONS
        }
        self._buttons |= {action: LinkButton(action.value) for action in _LINK_ACTIONS}
        for action, button in self._buttons.items():
            button.setAccessibleName(action.value)
        self._buttons[ActivityAction.APPLY].set_kind("primary")
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

    def button(self, action: ActivityAction) -> Button:
        """Return the Activity card's button or link of an action."""
        return self._buttons[action]

    def show_detail(self, view: ActivityDetailView | None) -> None:
        """Draw one edit's details on the Activity card; None: no row is chosen."""
        self.set_corner_visible(view is not None)
        if view is None:
            self._id = ""
            self.set_title("Details")
            self.show_empty("Choose a change to see its details.")
            return
        self._id = view.id
        self.set_title(view.title)
        self._chip.set_state(view.state, view.state_tone)
        self._message.setText(view.message)
        self._message.set_tone("bad" if view.state_tone == "bad" else "text")
        set_shown(self._message, bool(view.message))
        set_shown(self._both_sides_box, bool(view.conflict_sides))
        self._both_sides.set_rows(
            [KeyValueRow(name, value, tip=value) for name, value in view.conflict_sides]
        )
        self._both_sides_note.setText(view.conflict_note)
        set_shown(self._both_sides_note, bool(view.conflict_note))
        self._show_actions(view)
        self._undo_note.setText(view.undo_note)
        set_shown(self._undo_note, bool(view.undo_note))
        # A reason may be long: it wraps in a row of its own, where a fact is cut.
        facts = [fact for fact in view.facts if fact[0] != "Reason"]
        self._facts.set_rows([KeyValueRow(name, value, tip=tip) for name, value, tip in facts])
        reason = next((value for name, value, _ in view.facts if name == "Reason"), "")
        self._reason.setText(reason)
        set_shown(self._reason, bool(reason))
        set_shown(self._reason_name, bool(reason))
        self._show_history(view)
        self.show_content()

    def _lay_out(self) -> None:
        buttons = FlowLayout(fonts.scaled(8), fonts.scaled(6))
        links = FlowLayout(fonts.scaled(16), fonts.scaled(2))
        for row, actions in ((buttons, _BUTTON_ACTIONS), (links, _LINK_ACTIONS)):
            for action in actions:
                row.addWidget(self._buttons[action])
        reason = QHBoxLayout()
        reason.setSpacing(fonts.scaled(10))
        reason.addWidget(self._reason_name, 0, Qt.AlignmentFlag.AlignTop)
        reason.addWidget(self._reason, 1)
        self.body.setSpacing(fonts.scaled(8))
        # What is to be decided stands above what is merely to be known.
        for item in (
            self._message,
            self._both_sides_box,
            buttons,
            self._undo_note,
            links,
            self._facts,
            reason,
            self._history_title,
            self._history,
        ):
            self.add(item)

    def _show_actions(self, view: ActivityDetailView) -> None:
        reasons = {offered.action: offered.disabled_reason for offered in view.actions}
        for action, button in self._buttons.items():
            set_shown(button, action in reasons)
            reason = reasons.get(action, "")
            button.set_enabled(not reason, reason)

    def _show_history(self, view: ActivityDetailView) -> None:
        set_shown(self._history_title, bool(view.history))
        clear_layout(self._history)
        for time, words in view.history:
            self._history.addWidget(label(f"{time}  {words}", "muted", wrap=True, selectable=True))

    def _on_clicked(self) -> None:
        sender = self.sender()
        for action, button in self._buttons.items():
            if button is sender:
                self.action_triggered.emit(action, self._id)
