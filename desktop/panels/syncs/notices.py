"""What people will notice: a line of links, each a filter over the rows."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.panels.parts.flow_row import FlowRow
from desktop.panels.parts.label import label
from desktop.panels.parts.link import LinkButton
from desktop.panels.theme import fonts
from desktop.viewmodels.syncs.plan_view import Notice


class Notices(QWidget):
    """Nobody is no link."""

    chosen = Signal(str)

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(words)
        self.setObjectName(words)
        self._words = words
        self._shown: tuple[tuple[Notice, ...], str] | None = None
        self._links: dict[QWidget, str] = {}
        self._parts: list[QWidget] = []
        self._row = FlowRow(fonts.scaled(16), 0, self)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_notices(self, notices: tuple[Notice, ...], chosen: str) -> None:
        """Show these; `chosen` is the key of the one that filters."""
        if self._shown == (notices, chosen):
            return
        self._shown = (notices, chosen)
        for part in self._parts:
            self._row.removeWidget(part)
            part.hide()
            part.deleteLater()
        self._links, self._parts = {}, []
        self._add(label(self._words, "muted"))
        for notice in notices:
            if notice.people:
                link = LinkButton(notice.words, name=notice.words)
                link.setCheckable(True)
                link.setChecked(notice.key == chosen)
                font = link.font()
                font.setBold(notice.key == chosen)
                link.setFont(font)
                link.clicked.connect(self._on_link)
                self._links[link] = notice.key
                self._add(link)
            else:
                self._add(label(notice.words, "muted"))
        self.setVisible(bool(notices))
        self.updateGeometry()

    def _add(self, part: QWidget) -> None:
        part.setMinimumHeight(fonts.scaled(24))
        self._parts.append(part)
        self._row.addWidget(part)

    def _on_link(self) -> None:
        link = self.sender()
        if isinstance(link, QWidget):
            self.chosen.emit(self._links[link])
