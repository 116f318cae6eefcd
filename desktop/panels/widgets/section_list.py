"""List of the sections of a page or the pages of the help: one is open, arrow keys move."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListWidget, QListWidgetItem

from desktop.panels.theme import fonts

_ROW_HEIGHT = 32
_SIDES = 28  # px of the design, beside a title


class SectionList(QListWidget):
    """A list widget of sections, titles one under the other; one is current."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setObjectName(name)
        # The style sheet rounds its rows by this.
        self.setProperty("sections", "true")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)

    def set_sections(self, titles: Sequence[str]) -> None:
        """Show these titles in the section list; the first is the current one."""
        self.clear()
        for title in titles:
            item = QListWidgetItem(title)
            item.setToolTip(title)
            item.setSizeHint(QSize(fonts.scaled(100), fonts.scaled(_ROW_HEIGHT)))
            self.addItem(item)
        self.setCurrentRow(0 if titles else -1)

    def fit_width(self, least: int) -> None:
        """Fix the section list's width to its longest title, at least to `least` px."""
        titles = [self.item(row).text() for row in range(self.count())]
        longest = max(map(self.fontMetrics().horizontalAdvance, titles), default=0)
        self.setFixedWidth(max(least, longest + fonts.scaled(_SIDES)))
