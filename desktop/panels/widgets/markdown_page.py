"""A page of Markdown of our own: headings, lists, keys and tables in the design's sizes."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent
from PySide6.QtGui import (
    QFont,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFrameFormat,
    QTextTable,
)
from PySide6.QtWidgets import QFrame, QTextBrowser, QTextEdit

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.theme.design_tokens import CARD_PADDING

_HEADING_SIZES = {1: 22, 2: 15}  # px at the base font, by level
_LINE_HEIGHT_PERCENT = 135.0
_LIST_INDENT = 22


class MarkdownPage(QTextBrowser):
    """Widget of our own Markdown, never text of a service; loads nothing."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setObjectName(name)
        # The owner opens what is clicked; an address is never loaded into the page.
        self.setOpenLinks(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.document().setDocumentMargin(fonts.scaled(CARD_PADDING + 4))
        self._text = ""
        self._marked: tuple[str, ...] = ()

    def show_markdown(self, text: str, marked: Sequence[str] = ()) -> None:
        """Show a Markdown text from its beginning, every place of the `marked` words marked."""
        if (text, tuple(marked)) == (self._text, self._marked):
            return
        same = text == self._text
        self._text, self._marked = text, tuple(marked)
        self._render()
        if not same:
            self.verticalScrollBar().setValue(0)

    def changeEvent(self, event: QEvent) -> None:
        # Colours and sizes are part of the document.
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and self._text:
            self._render()

    def _render(self) -> None:
        document, bar = self.document(), self.verticalScrollBar()
        scrolled = bar.value()
        document.setDefaultFont(fonts.font())
        document.setIndentWidth(fonts.scaled(_LIST_INDENT))
        features = QTextDocument.MarkdownFeature
        document.setMarkdown(self._text, features.MarkdownDialectGitHub | features.MarkdownNoHTML)
        cursor = QTextCursor(document)
        block, was_list = document.begin(), False
        while block.isValid():
            is_list = block.textList() is not None
            level = block.blockFormat().headingLevel()
            cursor.setPosition(block.position())
            is_cell = cursor.currentTable() is not None
            made = QTextBlockFormat(block.blockFormat())
            made.setLineHeight(
                _LINE_HEIGHT_PERCENT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value
            )
            made.setTopMargin(fonts.scaled(14 if level > 1 else 8 if was_list != is_list else 0))
            made.setBottomMargin(fonts.scaled(0 if is_cell else 3 if is_list else 8))
            cursor.setBlockFormat(made)
            if level:
                cursor.movePosition(
                    QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor
                )
                # Replaced, not merged: Markdown's own enlargement would be added to this size.
                cursor.setCharFormat(_heading_format(level))
            block, was_list = block.next(), is_list
        self._mark_keys(document)
        for frame in document.rootFrame().childFrames():
            if isinstance(frame, QTextTable):
                _format_table(frame)
        self._mark_found(document)
        # Writing has moved the page's own cursor to the end, which Qt shows at the next layout.
        self.setTextCursor(QTextCursor(document))
        bar.setValue(scrolled)

    def _mark_keys(self, document: QTextDocument) -> None:
        """Give keys and typed text (`code`) in a Markdown page a ground of their own."""
        spans = []
        block = document.begin()
        while block.isValid():
            pieces = block.begin()
            while not pieces.atEnd():
                piece = pieces.fragment()
                if piece.charFormat().fontFixedPitch():
                    spans.append((piece.position(), piece.length()))
                pieces += 1
            block = block.next()
        code = QTextCharFormat()
        code.setBackground(theme_color("raised"))
        code.setForeground(theme_color("text"))
        for start, length in spans:
            cursor = QTextCursor(document)
            cursor.setPosition(start)
            cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
            cursor.mergeCharFormat(code)

    def _mark_found(self, document: QTextDocument) -> None:
        found = []
        for word in self._marked:
            cursor = document.find(word)
            while not cursor.isNull():
                mark = QTextEdit.ExtraSelection()
                mark.cursor = cursor
                mark.format.setBackground(theme_color("warnbg"))
                mark.format.setForeground(theme_color("warn"))
                found.append(mark)
                cursor = document.find(word, cursor)
        self.setExtraSelections(found)


def _heading_format(level: int) -> QTextCharFormat:
    made = QTextCharFormat()
    size = _HEADING_SIZES.get(level, _HEADING_SIZES[2])
    made.setFontPointSize(fonts.font(size).pointSizeF())
    made.setFontWeight(QFont.Weight.DemiBold)
    return made


def _format_table(table: QTextTable) -> None:
    made = table.format()
    made.setBorder(1)
    made.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    made.setBorderBrush(theme_color("line"))
    made.setBorderCollapse(True)
    made.setCellPadding(fonts.scaled(4))
    table.setFormat(made)
