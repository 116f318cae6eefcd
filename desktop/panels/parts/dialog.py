"""Questions, awaited: QDialog.open() and a future, because exec() would destroy other tasks."""

import asyncio

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.panels.parts.button import Button
from desktop.panels.parts.label import label
from desktop.panels.theme import fonts


class Question(QDialog):
    """Asks once before what cannot be undone: the verb on the button, Cancel the default."""

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
        typed: str = "",
        typed_prompt: str = "",
    ) -> None:
        super().__init__(parent)
        self._typed = typed
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setAccessibleDescription(message)
        self.setMinimumWidth(fonts.scaled(340))
        column = QVBoxLayout(self)
        side = fonts.scaled(18)
        column.setContentsMargins(side, side, side, fonts.scaled(14))
        column.setSpacing(fonts.scaled(8))
        column.addWidget(label(title, "title", wrap=True))
        column.addWidget(label(message, wrap=True))
        if detail:
            column.addWidget(label(detail, "muted", wrap=True))
        self.confirm_button = Button(confirm, "danger" if dangerous else "primary")
        self.cancel_button = Button(cancel)
        self.field: QLineEdit | None = None
        if typed:
            prompt = label(typed_prompt, wrap=True)
            self.field = QLineEdit()
            self.field.setMaxLength(100)
            prompt.setBuddy(self.field)
            self.field.setAccessibleName(typed_prompt)
            self.field.textChanged.connect(self._on_typed)
            column.addWidget(prompt)
            column.addWidget(self.field)
            self.confirm_button.set_enabled(False, typed_prompt)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.cancel_button)
        row.addWidget(self.confirm_button)
        column.addSpacing(fonts.scaled(6))
        column.addLayout(row)
        self.cancel_button.clicked.connect(self.reject)
        self.confirm_button.clicked.connect(self.accept)
        self.cancel_button.setDefault(True)
        (self.field or self.cancel_button).setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_typed(self, text: str) -> None:
        right = text.strip() == self._typed
        prompt = self.field.accessibleName() if self.field is not None else ""
        self.confirm_button.set_enabled(right, prompt)


class _Answer(QObject):
    """Carries a dialog's end into a future."""

    def __init__(self, dialog: QDialog, future: "asyncio.Future[int]") -> None:
        super().__init__(dialog)
        self._future = future
        dialog.finished.connect(self._on_finished)

    def _on_finished(self, result: int) -> None:
        # Cancelled meanwhile, nobody waits any more.
        if not self._future.done():
            self._future.set_result(result)


async def finished(dialog: QDialog) -> int:
    """Open a dialog, wait for its end without blocking anything, and return its result."""
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    answer = _Answer(dialog, future)
    dialog.open()
    try:
        return await future
    finally:
        answer.deleteLater()
        if dialog.isVisible():
            dialog.reject()


async def ask(
    parent: QWidget | None,
    title: str,
    message: str,
    *,
    confirm: str,
    cancel: str,
    detail: str = "",
    dangerous: bool = False,
    typed: str = "",
    typed_prompt: str = "",
) -> bool:
    """Ask and return whether the person confirmed; Esc, closing and Enter on Cancel mean no.

    With `typed`, the confirming button waits until exactly that was typed.
    """
    question = Question(
        parent,
        title,
        message,
        confirm=confirm,
        cancel=cancel,
        detail=detail,
        dangerous=dangerous,
        typed=typed,
        typed_prompt=typed_prompt,
    )
    try:
        return await finished(question) == QDialog.DialogCode.Accepted
    finally:
        question.deleteLater()
