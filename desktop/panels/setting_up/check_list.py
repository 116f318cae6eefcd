"""Tests of connections as lines: a sign, what was tested, what it means and what to do."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.panels.parts.label import Tone, label
from desktop.panels.setting_up.letter import Letter
from desktop.panels.setting_up.rows import note
from desktop.panels.theme import fonts
from desktop.viewmodels.setting_up.checks import CheckView

_TONES: dict[str, Tone] = {"ok": "ok", "warn": "warn", "bad": "bad"}


class CheckList(QWidget):
    """Lines are added as tests end; those already there stay as they are."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(fonts.scaled(5))
        self._shown: list[CheckView] = []
        self.lines: list[CheckLine] = []

    def set_checks(self, checks: Sequence[CheckView]) -> None:
        """Show these."""
        if self._shown != list(checks[: len(self._shown)]):
            for line in self.lines:
                self._column.removeWidget(line)
                line.hide()
                line.deleteLater()
            self.lines, self._shown = [], []
        for check in checks[len(self._shown) :]:
            line = CheckLine(check)
            self.lines.append(line)
            self._shown.append(check)
            self._column.addWidget(line)
        self.setVisible(bool(checks))


class CheckLine(QWidget):
    """One test; its name says the outcome to screen readers too."""

    def __init__(self, check: CheckView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.check = check
        tone = _TONES[check.tone]
        self.setAccessibleName(f"{check.name} {check.said}. {check.detail} {check.hint}".strip())
        sign = label(check.mark, "strong", tone=tone)
        sign.setFixedWidth(fonts.scaled(14))
        sign.setAccessibleName(check.said)
        texts = QVBoxLayout()
        texts.setSpacing(fonts.scaled(1))
        texts.addWidget(label(check.name, "text" if check.tone == "ok" else "strong", wrap=True))
        if check.detail:
            detail = note(check.detail) if tone == "ok" else label(check.detail, wrap=True)
            texts.addWidget(detail)
        if check.hint:
            texts.addWidget(note(check.hint))
        self.letter: Letter | None = None
        if check.letter and tone != "ok":
            self.letter = Letter(f"Text to send about {check.name}")
            self.letter.set_text(check.letter)
            texts.addWidget(self.letter)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(fonts.scaled(8))
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
