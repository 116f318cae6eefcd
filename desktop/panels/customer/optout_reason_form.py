"""Form under a chosen opt-out level: reason, ticket for opting back in, confirm button."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QFrame,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import primary_button, quiet_button
from desktop.panels.widgets.flow_layout import FlowLayout
from desktop.panels.widgets.label import label
from desktop.panels.widgets.line_edit import LineEdit
from desktop.viewmodels.customer.optout_view import OptOutLevelView, OptOutView

_MAX_REASON_LENGTH = 300  # characters; the record of changes shows a reason on one line


class OptOutReasonForm(QFrame):
    """Ctrl+Enter confirms; Esc cancels and keeps what was typed as a draft."""

    confirmed = Signal(str, object)  # reason, ticket number or None
    cancelled = Signal()
    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("ground", "accent")
        self.setAccessibleName("Reason for the change")
        self._opts_in = False
        self._suggested_reasons: tuple[str, ...] = ()
        column = self._column = QVBoxLayout(self)
        edge = fonts.scaled(10)
        column.setContentsMargins(edge, edge, edge, edge)
        column.setSpacing(fonts.scaled(8))
        self._reason = QComboBox(self)
        self._reason.setEditable(True)
        self._reason.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        # Its completion would take the Enter of Ctrl+Enter for itself.
        self._reason.setCompleter(None)  # type: ignore[arg-type]
        self._reason.setAccessibleName("Reason")
        self._reason.setObjectName("Reason")
        self._reason_line_edit().setMaxLength(_MAX_REASON_LENGTH)
        self._reason_line_edit().setAccessibleName("Reason")
        self._reason_line_edit().textEdited.connect(self._on_edited)
        self._reason.currentTextChanged.connect(self._on_edited)
        name = self._reason_name = label("Reason")
        name.setBuddy(self._reason)
        self._reason_row = top = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        top.setSpacing(fonts.scaled(8))
        top.addWidget(name)
        top.addWidget(self._reason, 1)
        column.addLayout(top)
        self._ticket_line = QWidget(self)
        self._ticket = LineEdit(parent=self._ticket_line)
        self._ticket.setAccessibleName("Ticket")
        self._ticket.setObjectName("Ticket")
        self._ticket.setPlaceholderText("#48213")
        # Ticket ids are 64-bit numbers: 19 digits and the #.
        self._ticket.setMaxLength(20)
        self._ticket.typed.connect(self._on_edited)
        ticket_name = label("Ticket")
        ticket_name.setBuddy(self._ticket)
        row = hbox(ticket_name)
        row.addWidget(self._ticket, 1)
        self._ticket_line.setLayout(row)
        column.addWidget(self._ticket_line)
        self._warning = label("", "note", tone="warn", wrap=True)
        column.addWidget(self._warning)
        self._confirm_button = primary_button("")
        self._confirm_button.clicked.connect(self._on_confirm)
        self._cancel = quiet_button("Cancel")
        self._cancel.clicked.connect(self.cancelled)
        self._keys = label("Ctrl+Enter", "small")
        buttons = FlowLayout(fonts.scaled(8), fonts.scaled(4), alignment="spread")
        for each in (self._confirm_button, self._keys, self._cancel):
            buttons.addWidget(each)
        column.addLayout(buttons)

    def show_level(self, level: OptOutLevelView, view: OptOutView, draft: str) -> None:
        """Ask in the form for an opt-out level's reason; `draft` is what was typed before."""
        self._opts_in = level.is_opt_in
        self._suggested_reasons = view.reasons
        # Filling the box is not typing: no draft is saved for it.
        self._reason.blockSignals(True)
        self._reason.clear()
        self._reason.addItems(list(view.reasons))
        if draft:
            self._reason.setEditText(draft)
        self._reason.blockSignals(False)
        self._ticket.setText(str(view.ticket) if view.ticket is not None else "")
        self._ticket_line.setVisible(level.is_opt_in)
        self._warning.setText(_warning_text(level))
        self._warning.setVisible(bool(self._warning.text()))
        self._confirm_button.set_text(level.action_label)
        self._update_confirm_button()

    def take_focus(self) -> None:
        """Put the keyboard into the form's reason; what is typed replaces one that was offered."""
        self._reason.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if not self.custom_reason():
            self._reason_line_edit().selectAll()

    def typed(self) -> tuple[str, str]:
        """Return the form's reason and ticket as they are typed now."""
        return self._reason.currentText(), self._ticket.text()

    def set_typed(self, reason: str, ticket: str) -> None:
        """Show a reason and ticket in the form that were typed before; it saves no draft."""
        self._reason.blockSignals(True)
        self._reason.setEditText(reason)
        self._reason.blockSignals(False)
        self._ticket.setText(ticket)
        self._update_confirm_button()

    def custom_reason(self) -> str:
        """Return the typed opt-out reason; empty where it is one of those offered."""
        text = self._reason.currentText().strip()
        return "" if text in self._suggested_reasons else text

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # A reason that would be cut beside its name stands below it.
        parts = (self._reason_name.sizeHint(), self._reason.sizeHint())
        wanted = sum(part.width() for part in parts) + self._reason_row.spacing()
        is_beside = wanted <= self._reason_row.geometry().width()
        beside, below = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._reason_row.setDirection(beside if is_beside else below)
        # The panel around has reckoned with one line of each.
        self.setMinimumHeight(self._column.totalHeightForWidth(self.width()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.handle_key(event):
            super().keyPressEvent(event)

    def handle_key(self, event: QKeyEvent) -> bool:
        """Save the opt-out reason on Ctrl+Enter, leave it on Esc; return if it was one of them."""
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and control:
            self._on_confirm()
        elif event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        else:
            return False
        return True

    def _reason_line_edit(self) -> QLineEdit:
        field = self._reason.lineEdit()
        assert field is not None  # noqa: S101 - the box is editable
        return field

    def _ticket_number(self) -> int | None:
        # Agents paste the number as Zendesk shows it, with a #.
        digits = self._ticket.text().strip().lstrip("#")
        return int(digits) if digits.isascii() and digits.isdigit() else None

    def _update_confirm_button(self) -> None:
        if not self._reason.currentText().strip():
            self._confirm_button.set_enabled(False, "Give a reason first.")
        elif self._opts_in and self._ticket_number() is None:
            self._confirm_button.set_enabled(False, "Opting back in needs the number of a ticket.")
        else:
            self._confirm_button.set_enabled(True)

    def _on_edited(self, _text: str) -> None:
        self._update_confirm_button()
        self.edited.emit()

    def _on_confirm(self) -> None:
        self._update_confirm_button()
        if self._confirm_button.isEnabled():
            self.confirmed.emit(self._reason.currentText().strip(), self._ticket_number())


def _warning_text(level: OptOutLevelView) -> str:
    if level.is_opt_in:
        return "The customer gets more e-mail again. You have 10 s to undo."
    if level.level.value == "all":
        return "Not even password resets and receipts arrive."
    return ""
