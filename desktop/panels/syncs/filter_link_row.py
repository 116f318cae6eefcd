"""What people will notice: a line of links, each a filter over the rows."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.flow_layout import FlowLayout
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton
from desktop.viewmodels.syncs.plan_view import PlanConsequenceView


class FilterLinkRow(QWidget):
    """Nobody is no link."""

    filter_chosen = Signal(str)

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(words)
        self.setObjectName(words)
        self._words = words
        self._shown: tuple[tuple[PlanConsequenceView, ...], str] | None = None
        self._links: dict[QWidget, str] = {}
        self._parts: list[QWidget] = []
        self._row = FlowLayout(fonts.scaled(16), 0, self)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_links(self, notices: tuple[PlanConsequenceView, ...], chosen: str) -> None:
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
            if notice.customer_count:
                link = LinkButton(notice.text, name=notice.text)
                link.setCheckable(True)
                link.setChecked(notice.key == chosen)
                font = link.font()
                font.setBold(notice.key == chosen)
                link.setFont(font)
                link.clicked.connect(self._on_link)
                self._links[link] = notice.key
                self._add(link)
            else:
                self._add(label(notice.text, "muted"))
        self.setVisible(bool(notices))
        self.updateGeometry()

    def _add(self, part: QWidget) -> None:
        part.setMinimumHeight(fonts.scaled(24))
        self._parts.append(part)
        self._row.addWidget(part)

    def _on_link(self) -> None:
        link = self.sender()
        if isinstance(link, QWidget):
            self.filter_chosen.emit(self._links[link])
