"""Lays a customer's printed sheet out as a QTextDocument, and paints its pages with a footer.

Texts are inserted as characters, never read as mark-up.
"""

from PySide6.QtCore import QBuffer, QEventLoop, QIODevice, QMarginsF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPagedPaintDevice,
    QPageLayout,
    QPainter,
    QPdfWriter,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFrameFormat,
    QTextLength,
    QTextTableFormat,
)

from desktop.kit.errors import StorageError
from desktop.panels.theme import fonts
from desktop.viewmodels.customer.printed_sheet import PrintedSection, PrintedSheet

# Paper is white in either theme of the window.
_BLACK, _GREY, _LINE = QColor("#16191d"), QColor("#56606b"), QColor("#c3cad2")
_NAME_PT, _TITLE_PT, _TEXT_PT, _SMALL_PT = 17.0, 11.0, 9.0, 8.0
_COLUMN_PERCENTS = (26, 50, 24)
_MARGIN_MM = 16.0


def build_document(sheet: PrintedSheet) -> QTextDocument:
    """Build the document of a customer's printed sheet, without pages and footer."""
    document = QTextDocument()
    document.setDocumentMargin(0)
    document.setDefaultFont(_font(_TEXT_PT))
    document.setUndoRedoEnabled(False)
    cursor = QTextCursor(document)
    cursor.insertText(sheet.name, char_format(_NAME_PT, bold=True))
    for line in sheet.lines:
        cursor.insertBlock(QTextBlockFormat())
        cursor.insertText(line, char_format(_TEXT_PT, _GREY))
    for section in sheet.sections:
        _insert_section(cursor, section)
    return document


def _insert_section(cursor: QTextCursor, section: PrintedSection) -> None:
    """Insert a printed section as a table; its title is a head that is repeated on each page."""
    cursor.movePosition(QTextCursor.MoveOperation.End)
    rows = len(section.rows) + 1 + bool(section.text)
    table = cursor.insertTable(rows, len(_COLUMN_PERCENTS), _table_format())
    table.mergeCells(0, 0, 1, len(_COLUMN_PERCENTS))
    head = table.cellAt(0, 0).firstCursorPosition()
    head.insertText(section.title, char_format(_TITLE_PT, bold=True))
    head.insertText(f"   {section.source}", char_format(_SMALL_PT, _GREY))
    for place, row in enumerate(section.rows, start=1):
        looks = (char_format(_TEXT_PT, _GREY), char_format(_TEXT_PT), char_format(_SMALL_PT, _GREY))
        for column, text in enumerate((row.label, row.value, row.note)):
            table.cellAt(place, column).firstCursorPosition().insertText(text, looks[column])
    if section.text:
        table.mergeCells(rows - 1, 0, 1, len(_COLUMN_PERCENTS))
        last = table.cellAt(rows - 1, 0).firstCursorPosition()
        last.insertText(section.text, char_format(_TEXT_PT, _GREY))


def _table_format() -> QTextTableFormat:
    made = QTextTableFormat()
    percent = QTextLength.Type.PercentageLength
    made.setColumnWidthConstraints([QTextLength(percent, each) for each in _COLUMN_PERCENTS])
    made.setWidth(QTextLength(percent, 100))
    made.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_None)
    made.setCellPadding(1.5)
    made.setCellSpacing(0)
    made.setTopMargin(_TITLE_PT)
    made.setHeaderRowCount(1)
    return made


def char_format(size_pt: float, color: QColor = _BLACK, *, bold: bool = False) -> QTextCharFormat:
    """Return the format of printed text: its size in points, dark on white in either theme."""
    made = QTextCharFormat()
    made.setFont(_font(size_pt, bold=bold))
    # Said for every text: without it the window's dark theme would print white on white.
    made.setForeground(color)
    return made


def _font(size_pt: float, *, bold: bool = False) -> QFont:
    font = QFont(fonts.font())
    # Figures of one width and Inter's raised colon are other glyphs: a PDF does not tell of which
    # characters, so that they could be neither searched nor copied.
    for feature in ("tnum", "calt"):
        font.setFeature(QFont.Tag(feature), 0)
    font.setPointSizeF(size_pt)
    font.setBold(bold)
    return font


def paint_pages(
    document: QTextDocument, footer: str, device: QPagedPaintDevice, pages: range | None = None
) -> None:
    """Paint a printed sheet's pages (all, or `pages` from 0), each with footer and page number.

    Raises StorageError where the device takes none.
    """
    painter = QPainter()
    if not painter.begin(device):
        raise StorageError(
            "Nothing was printed.",
            "The printer did not take the pages.",
            "Check the printer, or save it as PDF.",
        )
    try:
        document.documentLayout().setPaintDevice(device)
        whole = QRectF(painter.viewport())
        line_height = QFontMetricsF(_font(_SMALL_PT), device).height()
        body = QSizeF(whole.width(), whole.height() - 2 * line_height)
        document.setPageSize(body)
        count = document.pageCount()
        is_first = True
        for page in pages if pages is not None else range(count):
            if page >= count:
                break
            if not is_first:
                device.newPage()
            is_first = False
            _paint_page(painter, document, page)
            place = QRectF(0, body.height() + line_height, whole.width(), line_height)
            _paint_footer(painter, place, footer, f"Page {page + 1} of {count}")
    finally:
        painter.end()


def _paint_page(painter: QPainter, document: QTextDocument, page: int) -> None:
    size = document.pageSize()
    top = page * size.height()
    painter.save()
    painter.translate(0, -top)
    document.drawContents(painter, QRectF(0, top, size.width(), size.height()))
    painter.restore()


def _paint_footer(painter: QPainter, place: QRectF, footer: str, number: str) -> None:
    painter.setFont(_font(_SMALL_PT))
    painter.setPen(_LINE)
    painter.drawLine(place.topLeft(), place.topRight())
    painter.setPen(_GREY)
    painter.drawText(place, Qt.AlignmentFlag.AlignRight, number)
    metrics = QFontMetricsF(painter.font(), painter.device())
    room = place.width() - metrics.horizontalAdvance(f"{number}   ")
    cut = metrics.elidedText(footer, Qt.TextElideMode.ElideRight, room)
    painter.drawText(place, Qt.AlignmentFlag.AlignLeft, cut)


def set_page_margins(device: QPagedPaintDevice) -> None:
    """Set the margins of a printed sheet's pages."""
    margins = QMarginsF(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
    device.setPageMargins(margins, QPageLayout.Unit.Millimeter)


def let_thread_start_timers() -> None:
    """Give the calling thread what Qt's timers need: the layout of a QTextDocument starts one.

    Qt prints a warning for each timer in a thread of Python's, which has no event dispatcher. It
    ends with the thread.
    """
    QEventLoop()


def make_pdf(sheet: PrintedSheet) -> bytes:
    """Return a customer's printed sheet as a PDF document, of A4 pages; any thread may call it."""
    let_thread_start_timers()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setTitle(sheet.name)
    writer.setCreator("Fairlead")
    set_page_margins(writer)
    paint_pages(build_document(sheet), sheet.footer, writer)
    return bytes(buffer.data().data())
