"""Row of a label, a small note and a switch at the right end."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import ROW_HEIGHT
from desktop.panels.widgets.label import elided_label
from desktop.panels.widgets.switch import Switch
from desktop.viewmodels.tone import Tone


class SwitchRow(QWidget):
    """A row widget with a switch; `set_read_only` shows it without."""

    chosen = Signal(bool)

    def __init__(
        self, text: str, *, note: str = "", muted: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.text_label = elided_label(text, "muted" if muted else "text")
        self.note_label = elided_label(note, "small", align_right=True)
        self.switch = Switch(text)
        row.addWidget(self.text_label)
        row.addWidget(self.note_label, 1)
        row.addWidget(self.switch)
        self.setMinimumHeight(fonts.scaled(ROW_HEIGHT))
        self.switch.chosen.connect(self.chosen)

    def set_text(self, text: str) -> None:
        """Set the switch row's label, which names its switch too."""
        self.text_label.setText(text)
        self.switch.setAccessibleName(text)
        self.switch.setObjectName(text)

    def set_note(self, note: str, tone: Tone = "muted", tip: str = "") -> None:
        """Show in the switch row since when it is on, or what its change waits for."""
        self.note_label.setText(note)
        self.note_label.set_tone(tone)
        self.note_label.set_tooltip(tip)

    def set_read_only(self, fixed: bool) -> None:
        """Hide the row's switch where nobody may switch it."""
        self.switch.setVisible(not fixed)
