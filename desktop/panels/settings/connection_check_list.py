"""List of connection checks: sign, what was tested, what it means and what to do."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.panels.settings.copyable_text import CopyableText
from desktop.panels.theme import fonts
from desktop.panels.widgets.label import label
from desktop.panels.widgets.scroll_area import scroll_into_view
from desktop.viewmodels.qt_timer import create_timer
from desktop.viewmodels.settings.connection_check_view import ConnectionCheckView
from desktop.viewmodels.tone import Tone

_TONES: dict[str, Tone] = {"ok": "ok", "warn": "warn", "bad": "bad"}


class ConnectionCheckList(QWidget):
    """Widget of connection checks; lines are added as checks end, earlier ones stay."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(fonts.scaled(5))
        self._shown: list[ConnectionCheckView] = []
        self.check_rows: list[ConnectionCheckRow] = []
        # Once the new line has its place; a test that was not asked for scrolls nothing away.
        self._scroll_timer = create_timer(self, 0, self._show_newest)

    def set_checks(self, checks: Sequence[ConnectionCheckView]) -> None:
        """Draw these connection checks; a list that begins otherwise replaces all lines."""
        if self._shown != list(checks[: len(self._shown)]):
            for line in self.check_rows:
                self._column.removeWidget(line)
                line.hide()
                line.deleteLater()
            self.check_rows, self._shown = [], []
        for check in checks[len(self._shown) :]:
            line = ConnectionCheckRow(check)
            self.check_rows.append(line)
            self._shown.append(check)
            self._column.addWidget(line)
            self._scroll_timer.start()
        self.setVisible(bool(checks))

    def _show_newest(self) -> None:
        if self.isVisible() and self.check_rows:
            scroll_into_view(self.check_rows[-1])


class ConnectionCheckRow(QWidget):
    """Line of one connection check; its accessible name says the result too."""

    def __init__(self, check: ConnectionCheckView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.check = check
        tone = _TONES[check.tone]
        self.setAccessibleName(
            f"{check.name} {check.result_text}. {check.detail} {check.hint}".strip()
        )
        sign = label(check.symbol, "strong", tone=tone)
        # ✓, ✕ and ! have different widths: the names begin on one line.
        sign.setFixedWidth(fonts.scaled(14))
        sign.setAccessibleName(check.result_text)
        texts = QVBoxLayout()
        texts.setSpacing(fonts.scaled(1))
        texts.addWidget(label(check.name, "text" if check.tone == "ok" else "strong", wrap=True))
        if check.detail:
            detail = (
                label(check.detail, "note", wrap=True)
                if tone == "ok"
                else label(check.detail, wrap=True)
            )
            texts.addWidget(detail)
        if check.hint:
            texts.addWidget(label(check.hint, "note", wrap=True))
        self.support_text: CopyableText | None = None  # what to ask the vendor's support for
        if check.support_request_text and tone != "ok":
            self.support_text = CopyableText(f"Text to send about {check.name}")
            self.support_text.set_text(check.support_request_text)
            texts.addWidget(self.support_text)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(fonts.scaled(8))
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
