"""A line of link buttons above a preview's table, each a filter over its rows."""

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.flow_layout import FlowLayout
from desktop.panels.widgets.label import PlainLabel, label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.wrapped_text import wrap_words
from desktop.viewmodels.syncs.plan_view import PlanConsequenceView


class FilterLinkRow(QWidget):
    """Widget of links that filter a preview; an entry without customers is plain text."""

    filter_chosen = Signal(str)

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(words)
        self.setObjectName(words)
        self._words = words
        self._shown: tuple[tuple[PlanConsequenceView, ...], str] | None = None
        self._links: dict[QWidget, str] = {}
        self._parts: list[QWidget] = []
        self._texts: dict[LinkButton | PlainLabel, str] = {}
        self._row = FlowLayout(fonts.scaled(16), 0, self)
        self._row.setSizeConstraint(FlowLayout.SizeConstraint.SetNoConstraint)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        # The links wrap, so the height depends on the width.
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_links(self, entries: tuple[PlanConsequenceView, ...], chosen: str) -> None:
        """Draw these links over a preview; `chosen` is the key of the one that filters."""
        if self._shown == (entries, chosen):
            return
        self._shown = (entries, chosen)
        for former in self._parts:
            self._row.removeWidget(former)
            former.hide()
            former.deleteLater()
        self._links, self._parts, self._texts = {}, [], {}
        self._add(label(self._words, "muted"))
        for entry in entries:
            if entry.customer_count:
                link = LinkButton(entry.text, name=entry.text)
                link.setCheckable(True)
                link.setChecked(entry.key == chosen)
                font = link.font()
                # Bold as well as checked: colour alone would not tell it.
                font.setBold(entry.key == chosen)
                link.setFont(font)
                link.clicked.connect(self._on_link)
                self._links[link] = entry.key
                part: LinkButton | PlainLabel = link
            else:
                part = label(entry.text, "muted")
            self._texts[part] = entry.text
            self._add(part)
        self._wrap_texts()
        self.setVisible(bool(entries))
        self.updateGeometry()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._wrap_texts()
            self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        # Not the widest text in one line: that is broken where there is less room.
        return QSize(fonts.scaled(120), super().minimumSizeHint().height())

    def _wrap_texts(self) -> None:
        """Break the texts into lines where the row is narrower: a button does not by itself."""
        for item, text in self._texts.items():
            padding = item.sizeHint().width() - item.fontMetrics().size(0, item.text()).width()
            wrapped = wrap_words(text, item.fontMetrics(), self.width() - padding)
            if isinstance(item, LinkButton):
                item.set_text(wrapped)
            else:
                item.setText(wrapped)

    def _add(self, part: QWidget) -> None:
        part.setMinimumHeight(fonts.scaled(24))
        self._parts.append(part)
        self._row.addWidget(part)

    def _on_link(self) -> None:
        link = self.sender()
        if isinstance(link, QWidget):
            self.filter_chosen.emit(self._links[link])
