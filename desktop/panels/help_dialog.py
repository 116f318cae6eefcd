"""Dialog of pages to read, searchable: the help with a page per task, and the licences."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QUrl, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import CARD_GAP
from desktop.panels.widgets.box_layout import WIDGET_SIZE_MAX, vbox
from desktop.panels.widgets.dialog import Dialog
from desktop.panels.widgets.label import label
from desktop.panels.widgets.markdown_page import MarkdownPage
from desktop.panels.widgets.section_list import SectionList
from desktop.panels.widgets.text_field import TextField
from desktop.viewmodels.help_topics import HelpTopic, search_topics

_SIDE_BY_SIDE_MIN_WIDTH = 620
_LIST_WIDTH = 270
_LIST_HEIGHT_ABOVE = 170
_LIST_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down)
_PAGE_KEYS = (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class HelpDialog(Dialog):
    """A window of help pages, not modal: open beside the work; `link_requested`: an address."""

    link_requested = Signal(str)

    def __init__(
        self,
        topics: tuple[HelpTopic, ...],
        parent: QWidget | None = None,
        *,
        name: str = "Help",
        search: str = "Search the help",
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Fairlead: {name.lower()}")
        self.setAccessibleName(name)
        self.setObjectName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._topics = topics
        self._shown: tuple[HelpTopic, ...] = ()
        self.search_field = TextField(search, search)
        self.topic_list = SectionList(f"Pages: {name}")
        self._no_match = label("", "muted", wrap=True)
        self.page = MarkdownPage(f"Page: {name}")
        self._index = QWidget()
        self._index.setLayout(vbox(self.search_field, self._no_match, self.topic_list, spacing=8))
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        side = fonts.scaled(14)
        self._body.setContentsMargins(side, side, side, side)
        self._body.setSpacing(fonts.scaled(CARD_GAP))
        self._body.addWidget(self._index)
        self._body.addWidget(self.page, 1)
        self.search_field.installEventFilter(self)
        self.search_field.textChanged.connect(self._on_search)
        self.topic_list.currentRowChanged.connect(self._show_row)
        self.page.anchorClicked.connect(self._on_link)
        self._on_search("")
        self.search_field.setFocus()
        # Qt would not go beyond two thirds of the screen by itself.
        self.resize(self.sizeHint().boundedTo(self.screen().availableSize()))

    def show_topic(self, key: str) -> None:
        """Show a page of the help by its key; its search is cleared."""
        self.search_field.clear()
        keys = [topic.key for topic in self._shown]
        if key in keys:
            self.topic_list.setCurrentRow(keys.index(key))

    @property
    def current_topic(self) -> str:
        """The key of the help's page shown; empty where its search finds none."""
        row = self.topic_list.currentRow()
        return self._shown[row].key if 0 <= row < len(self._shown) else ""

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(880), fonts.scaled(660))

    def resizeEvent(self, event: QResizeEvent) -> None:
        # The list stands at the left where there is room, else above the page.
        super().resizeEvent(event)
        side = self.width() >= fonts.scaled(_SIDE_BY_SIDE_MIN_WIDTH)
        direction = QBoxLayout.Direction
        self._body.setDirection(direction.LeftToRight if side else direction.TopToBottom)
        width, height = fonts.scaled(_LIST_WIDTH), fonts.scaled(_LIST_HEIGHT_ABOVE)
        self._index.setMaximumSize(
            width if side else WIDGET_SIZE_MAX, WIDGET_SIZE_MAX if side else height
        )
        self._index.setMinimumWidth(width if side else 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Arrows and page keys work while the search field has the keyboard.
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key = Qt.Key(event.key())
            if key in _LIST_KEYS:
                self.topic_list.keyPressEvent(event)
                return True
            if key in _PAGE_KEYS:
                self.page.keyPressEvent(event)
                return True
        return super().eventFilter(watched, event)

    def _on_search(self, text: str) -> None:
        before = self.current_topic
        self._shown = search_topics(self._topics, text)
        keys = [topic.key for topic in self._shown]
        self.topic_list.blockSignals(True)
        self.topic_list.set_sections([topic.title for topic in self._shown])
        # What is being read stays while it matches; a search begins with its best match.
        row = keys.index(before) if before in keys and not text.strip() else 0
        self.topic_list.setCurrentRow(row if keys else -1)
        self.topic_list.blockSignals(False)
        self._no_match.setText(f"No page mentions “{text.strip()}”.")
        self._no_match.setVisible(not keys)
        self._show_row(self.topic_list.currentRow())

    def _show_row(self, row: int) -> None:
        text = self._shown[row].text if 0 <= row < len(self._shown) else ""
        self.page.show_markdown(text, self.search_field.text().split())

    def _on_link(self, url: QUrl) -> None:
        if url.scheme():
            self.link_requested.emit(url.toString())
        else:
            # A page of the help, by the name of its file without number.
            self.show_topic(url.path())
