"""Confirmation dialog that is awaited: QDialog.open() and a future."""

import asyncio
import re

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import vbox
from desktop.panels.widgets.button import Button
from desktop.panels.widgets.label import label
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area

_WIDTH = 380  # px at the base font


class ConfirmationDialog(QDialog):
    """A QDialog that asks before what cannot be undone; Cancel is the default.

    `alternative` is the text of a second way to go on, with a text of its own to type;
    `alternative_chosen` tells of it, and the dialog then ends as rejected.
    """

    alternative_chosen = Signal()

    def __init__(
        self,
        parent: QWidget | None,
        title: str,
        message: str,
        *,
        confirm: str,
        cancel: str,
        detail: str = "",
        dangerous: bool = False,
        text_to_type: str = "",
        type_prompt: str = "",
        alternative: str = "",
        alternative_text_to_type: str = "",
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setAccessibleDescription(message)
        self.setMinimumWidth(fonts.scaled(340))
        column = QVBoxLayout(self)
        side = fonts.scaled(18)
        column.setContentsMargins(side, side, side, fonts.scaled(14))
        column.setSpacing(fonts.scaled(8))
        column.addWidget(label(title, "title", wrap=True))
        texts = vbox(label(message, wrap=True), spacing=8)
        if detail:
            texts.addWidget(label(detail, "muted", wrap=True))
        inside = QWidget()
        inside.setLayout(texts)
        # On a small screen the texts scroll, and the buttons stay in reach.
        self._texts, self._scroll = texts, wrap_in_scroll_area(inside)
        column.addWidget(self._scroll, 1)
        self.confirm_button = Button(confirm, "danger" if dangerous else "primary")
        self.cancel_button = Button(cancel)
        self.alternative_button = Button(alternative)
        # Typing a name back is asked before what no copy can restore.
        self._gates = {
            self.confirm_button: text_to_type,
            self.alternative_button: alternative_text_to_type,
        }
        self.field: QLineEdit | None = None
        if text_to_type or alternative_text_to_type:
            prompt = label(type_prompt, wrap=True)
            self.field = QLineEdit()
            self.field.setMaxLength(100)
            prompt.setBuddy(self.field)
            self.field.setAccessibleName(type_prompt)
            self.field.textChanged.connect(self._on_typed)
            column.addWidget(prompt)
            column.addWidget(self.field)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.cancel_button)
        if alternative:
            row.addWidget(self.alternative_button)
        row.addWidget(self.confirm_button)
        column.addSpacing(fonts.scaled(6))
        column.addLayout(row)
        self.cancel_button.clicked.connect(self.reject)
        self.confirm_button.clicked.connect(self.accept)
        self.alternative_button.clicked.connect(self._on_alternative)
        self._on_typed("")
        (self.field or self.cancel_button).setFocus(Qt.FocusReason.OtherFocusReason)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        layout = self.layout()
        if layout is None:
            return
        room = self.screen().availableSize()
        width = min(max(fonts.scaled(_WIDTH), self.minimumSizeHint().width()), room.width())
        margins = layout.contentsMargins()
        texts = self._texts.totalHeightForWidth(width - margins.left() - margins.right())
        self._scroll.setMinimumHeight(0)
        rest = layout.totalMinimumHeightForWidth(width)
        self._scroll.setMinimumHeight(max(0, min(texts, room.height() - rest)))
        self.resize(width, layout.totalMinimumHeightForWidth(width))

    def _on_typed(self, text: str) -> None:
        prompt = self.field.accessibleName() if self.field is not None else ""
        # Enter pressed in haste cancels; after the right text it confirms.
        default = self.cancel_button
        for button, wanted in self._gates.items():
            is_right = not wanted or _is_typed_back(text, wanted)
            button.set_enabled(is_right, prompt)
            if wanted and is_right:
                default = button
        default.setDefault(True)

    def _on_alternative(self) -> None:
        self.reject()
        self.alternative_chosen.emit()


def _is_typed_back(text: str, wanted: str) -> bool:
    """Whether the text typed into the dialog is the one asked for; separators in a count may be."""
    plain = text.strip()
    if wanted.isdecimal():
        plain = re.sub(r"[\s.,'’_]", "", plain)
    return plain == wanted


class _DialogFuture(QObject):
    """Sets a future to a QDialog's result when it is closed."""

    def __init__(self, dialog: QDialog, future: "asyncio.Future[int]") -> None:
        super().__init__(dialog)
        self._future = future
        dialog.finished.connect(self._on_finished)

    def _on_finished(self, result: int) -> None:
        # Cancelled meanwhile, nobody waits any more.
        if not self._future.done():
            self._future.set_result(result)


async def wait_for_dialog(dialog: QDialog) -> int:
    """Open a QDialog, wait for its end without blocking the loop, and return its result."""
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    answer = _DialogFuture(dialog, future)
    # exec() would run a second event loop inside the first: asyncio's tasks would be entered twice.
    dialog.open()
    try:
        return await future
    finally:
        answer.deleteLater()
        # The waiting task was cancelled: the question must not stay without anybody to answer.
        if dialog.isVisible():
            dialog.reject()


async def ask_confirmation(
    parent: QWidget | None,
    title: str,
    message: str,
    *,
    confirm: str,
    cancel: str,
    detail: str = "",
    dangerous: bool = False,
    text_to_type: str = "",
    type_prompt: str = "",
) -> bool:
    """Ask in a dialog; True if confirmed. Esc, closing and Enter on Cancel mean no.

    With `text_to_type`, the confirming button waits until exactly that was typed.
    """
    question = ConfirmationDialog(
        parent,
        title,
        message,
        confirm=confirm,
        cancel=cancel,
        detail=detail,
        dangerous=dangerous,
        text_to_type=text_to_type,
        type_prompt=type_prompt,
    )
    try:
        return await wait_for_dialog(question) == QDialog.DialogCode.Accepted
    finally:
        question.deleteLater()
