"""Lays the reports out on paper: each tile's chart, then the chosen report's exact table."""

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QBuffer, QIODevice, QRectF, QSize, Qt
from PySide6.QtGui import (
    QImage,
    QPainter,
    QPdfWriter,
    QTextBlockFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextLength,
    QTextTableFormat,
)

from desktop.panels.customer.printed_document import (
    char_format,
    let_thread_start_timers,
    paint_pages,
    set_page_margins,
)
from desktop.panels.reports.report_tile import ReportTile
from desktop.panels.theme.design_tokens import LIGHT
from desktop.viewmodels.reports.report_detail_view import DetailView
from desktop.viewmodels.reports.report_table_model import ReportTableView
from desktop.viewmodels.reports.report_tile_view import TileState, TileView
from desktop.viewmodels.reports.reports_page_model import ReportsPageModel

_HEADING_PT, _TITLE_PT, _TEXT_PT, _SMALL_PT = 17.0, 11.0, 9.0, 8.0
_CHART = QSize(640, 150)
_SHARPNESS = 2
# So many fit on A4; a title stays with its chart.
_TILES_A_PAGE = 4


@dataclass(frozen=True)
class PrintedReports:
    """What is printed: each tile with the picture of its chart, and the chosen report's tables."""

    period: str
    zone: str
    tiles: tuple[tuple[TileView, QImage | None], ...]
    detail: DetailView | None


def collect_printed(model: ReportsPageModel, tiles: Mapping[str, ReportTile]) -> PrintedReports:
    """Collect what is shown now, to be printed from another thread."""
    shown = []
    for name in model.tiles:
        view = model.tile(name)
        is_shown = view.state is TileState.SHOWN
        shown.append((view, _draw_chart(tiles[name]) if is_shown else None))
    return PrintedReports(model.period_text(), model.zone_text(), tuple(shown), model.detail())


def make_report_pdf(printed: PrintedReports) -> bytes:
    """Return reports as a PDF document of A4 pages; any thread may call it."""
    let_thread_start_timers()
    document = build_document(printed)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setTitle("Reports")
    writer.setCreator("Fairlead")
    set_page_margins(writer)
    paint_pages(document, f"{printed.period}, {printed.zone}", writer)
    return bytes(buffer.data().data())


def build_document(printed: PrintedReports) -> QTextDocument:
    """Build the document of the printed reports, without pages and footer."""
    document = QTextDocument()
    document.setDocumentMargin(0)
    document.setUndoRedoEnabled(False)
    cursor = QTextCursor(document)
    cursor.insertText("Reports", char_format(_HEADING_PT, bold=True))
    _line(cursor, f"{printed.period}. {printed.zone}.", _TEXT_PT)
    for place, (view, chart) in enumerate(printed.tiles):
        _gap(cursor, begins_page=place == _TILES_A_PAGE)
        cursor.insertText(view.title, char_format(_TITLE_PT, bold=True))
        if chart is None:
            _line(cursor, view.text or "Not counted yet.", _TEXT_PT)
            continue
        _line(cursor, f"{view.figure}  {view.difference}", _TEXT_PT)
        cursor.insertBlock(QTextBlockFormat())
        cursor.insertImage(chart)
    detail = printed.detail
    if detail is not None:
        _gap(cursor)
        cursor.insertText(f"{detail.title}, {detail.subtitle}", char_format(_TITLE_PT, bold=True))
        for table in (detail.categories, detail.days):
            _insert_table(cursor, table)
        found = (one.text for one in detail.findings)
        for words in (*found, *detail.notes, detail.source):
            _line(cursor, words, _SMALL_PT)
    return document


def _draw_chart(tile: ReportTile) -> QImage:
    image = QImage(_CHART * _SHARPNESS, QImage.Format.Format_ARGB32)
    image.setDevicePixelRatio(_SHARPNESS)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    # Paper is white in either theme of the window.
    tile.chart.paint_on(painter, QRectF(0, 0, _CHART.width(), _CHART.height()), LIGHT)
    painter.end()
    return image


def _insert_table(cursor: QTextCursor, table: ReportTableView) -> None:
    cursor.movePosition(QTextCursor.MoveOperation.End)
    made = QTextTableFormat()
    made.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
    made.setBorder(0)
    made.setCellPadding(1.5)
    made.setCellSpacing(0)
    made.setTopMargin(_TITLE_PT)
    made.setHeaderRowCount(1)
    grid = cursor.insertTable(len(table.rows) + 1, max(len(table.headings), 1), made)
    rows = [(table.headings, True), *((row.cells, row.is_total) for row in table.rows)]
    for place, (cells, is_strong) in enumerate(rows):
        for column, text in enumerate(cells):
            inside = grid.cellAt(place, column).firstCursorPosition()
            if column:
                inside.setBlockFormat(_numbers())
            inside.insertText(text, char_format(_SMALL_PT, bold=is_strong))
    cursor.movePosition(QTextCursor.MoveOperation.End)


def _numbers() -> QTextBlockFormat:
    block = QTextBlockFormat()
    block.setAlignment(Qt.AlignmentFlag.AlignRight)
    return block


def _line(cursor: QTextCursor, text: str, size_pt: float) -> None:
    cursor.insertBlock(QTextBlockFormat())
    cursor.insertText(text, char_format(size_pt))


def _gap(cursor: QTextCursor, *, begins_page: bool = False) -> None:
    block = QTextBlockFormat()
    if begins_page:
        block.setPageBreakPolicy(QTextFormat.PageBreakFlag.PageBreak_AlwaysBefore)
    block.setTopMargin(_TITLE_PT)
    cursor.insertBlock(block)
