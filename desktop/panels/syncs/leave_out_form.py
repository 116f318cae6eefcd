"""Form widget that leaves somebody out of a sync for good, with a reason."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.label import label
from desktop.panels.widgets.line_edit import LineEdit

LEAVE_OUT_NOTE = (
    "For every preview and run of this sync, scheduled ones too. They stay on the lists they are"
    " on, and an opt-out that is stricter is still copied."
)
LEAVE_OUT_PRODUCT_NOTE = (
    "For every preview and run of this sync, scheduled ones too; chosen at the product’s row of a"
    " preview. What Sailthru has of it stays."
)


class LeaveOutForm(QWidget):
    """The leave-out form: asks for a reason, and where `asks_who` for an address or id."""

    left_out = Signal(str, str)  # who ("" where it does not ask), reason

    def __init__(
        self,
        *,
        asks_who: bool = False,
        is_of_product: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.who_field = _line_edit("Who to leave out", "E-mail address or id", 320)
        self._asks_who, self._disabled_reason = asks_who, ""
        self.reason_field = _line_edit("Reason to always leave them out", "Reason", 200)
        self.button = secondary_button("Always leave out", name="Always leave out")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(6))
        if asks_who:
            column.addLayout(hbox(self.who_field, self.reason_field, self.button))
        else:
            what = "product" if is_of_product else "person"
            column.addWidget(label(f"Leave this {what} out", "title"))
            column.addWidget(self.reason_field)
            column.addLayout(hbox(1, self.button))
            note = LEAVE_OUT_PRODUCT_NOTE if is_of_product else LEAVE_OUT_NOTE
            column.addWidget(label(note, "note", wrap=True))
        for field in (self.who_field, self.reason_field):
            field.textChanged.connect(self._update_button)
            field.returnPressed.connect(self._on_button)
        self.button.clicked.connect(self._on_button)
        self._update_button()

    @property
    def has_unsaved_text(self) -> bool:
        """Whether the leave-out form's typed reason would be lost."""
        return bool(self.reason_field.text())

    def clear(self) -> None:
        """Empty the leave-out form's fields, for the next person."""
        self.who_field.clear()
        self.reason_field.clear()

    def set_disabled_reason(self, reason: str) -> None:
        """Disable the leave-out form's button with the reason; its fields stay."""
        self._disabled_reason = reason
        self._update_button()

    def _missing(self) -> str:
        if self._disabled_reason:
            return self._disabled_reason
        if self._asks_who and not self.who_field.text().strip():
            return "Say who first."
        return "" if self.reason_field.text().strip() else "Give a reason first."

    def _update_button(self) -> None:
        self.button.set_enabled(not self._missing(), self._missing())

    def _on_button(self) -> None:
        if not self._missing():
            self.left_out.emit(self.who_field.text().strip(), self.reason_field.text().strip())


def _line_edit(name: str, placeholder: str, max_length: int) -> LineEdit:
    field = LineEdit()
    field.setAccessibleName(name)
    field.setObjectName(name)
    field.setPlaceholderText(placeholder)
    field.setMaxLength(max_length)
    return field
