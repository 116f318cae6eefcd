"""Confirmation dialog that is awaited: QDialog.open() and a future."""

import asyncio
import re

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QLineEdit, QWidget

from desktop.panels.widgets.button import Button
from desktop.panels.widgets.label import label
from desktop.panels.widgets.scrolling_dialog import ScrollingDialog


class ConfirmationDialog(ScrollingDialog):
    """A dialog that asks before what cannot be undone; Cancel is the default.

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
        super().__init__(title, parent)
        self.setAccessibleDescription(message)
        # On a small screen the texts scroll, and the buttons stay in reach.
        self.content.addWidget(label(message, wrap=True))
        if detail:
            self.content.addWidget(label(detail, "muted", wrap=True))
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
            self.foot.addWidget(prompt)
            self.foot.addWidget(self.field)
        others = (self.alternative_button,) if alternative else ()
        self.add_buttons(self.cancel_button, *others, self.confirm_button)
        self.cancel_button.clicked.connect(self.reject)
        self.confirm_button.clicked.connect(self.accept)
        self.alternative_button.clicked.connect(self._on_alternative)
        self._on_typed("")
        (self.field or self.cancel_button).setFocus(Qt.FocusReason.OtherFocusReason)

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
