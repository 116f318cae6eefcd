"""Table of the audience's people: two lines a cell, badges of the source, sorting by heading."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QHeaderView, QStyleOptionViewItem, QWidget

from desktop.model.audience_person import (
    AudienceColumn,
    AudienceOrder,
    AudiencePerson,
    PeopleColumn,
)
from desktop.model.service import Service
from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.theme.icon import icon_pixmap
from desktop.panels.widgets.list_row_delegate import ListRowDelegate, ModelIndex
from desktop.panels.widgets.list_table_view import ListTableView
from desktop.panels.widgets.shape_painting import (
    draw_rounded_outline,
    draw_text,
    fill_rounded_rect,
)
from desktop.viewmodels.audience.people_table_model import DEFAULT_TABLE_COLUMNS, PeopleTableModel
from desktop.viewmodels.audience.person_text import (
    NO_LIST,
    NO_NAME,
    NO_TICKET,
    NOT_RATED,
    NOT_READ,
    NOT_SET,
    cell_lines,
)

ROW_HEIGHT_PX = 38
_SMALL = 11
_DOT = 7
_BADGE = 13
# px at the base font; the name takes what is left.
_WIDTHS: Mapping[PeopleColumn, int] = {
    AudienceColumn.ORGANIZATION: 112,
    AudienceColumn.LAST_TICKET: 106,
    AudienceColumn.OPEN_TICKETS: 62,
    AudienceColumn.RATING: 72,
    AudienceColumn.VALUE: 76,
    AudienceColumn.HEALTH: 78,
    AudienceColumn.LISTS: 92,
    AudienceColumn.OPTOUT: 78,
    AudienceColumn.EMAIL: 168,
    AudienceColumn.TAGS: 112,
    AudienceColumn.SID: 168,
}
_OTHER_WIDTH = 92
_NAME_MIN_WIDTH = 150
# Dropped first where there is little room; of columns that somebody chose, the last ones.
_DROPPED = (
    AudienceColumn.ORGANIZATION,
    AudienceColumn.OPTOUT,
    AudienceColumn.LISTS,
    AudienceColumn.RATING,
    AudienceColumn.HEALTH,
    AudienceColumn.VALUE,
    AudienceColumn.OPEN_TICKETS,
    AudienceColumn.LAST_TICKET,
)
_FIGURES = frozenset(
    (AudienceColumn.OPEN_TICKETS, AudienceColumn.TICKETS, AudienceColumn.PREDICTED)
)
_UNKNOWN = frozenset((NOT_SET, NOT_READ, NOT_RATED, NO_TICKET, NO_LIST, NO_NAME))


def paint_badge(painter: QPainter, box: QRectF, service: Service) -> None:
    """Paint a service's badge: Z in an outline, S on a ground; told apart without colour."""
    is_zendesk = service is Service.ZENDESK
    radius = fonts.scaled(3)
    if is_zendesk:
        draw_rounded_outline(painter, box, radius, theme_color("muted"), 1.0)
    else:
        fill_rounded_rect(painter, box, radius, theme_color("muted"))
    painter.setFont(fonts.font(9, QFont.Weight.Bold))
    painter.setPen(theme_color("muted" if is_zendesk else "surface"))
    draw_text(painter, box, Qt.AlignmentFlag.AlignCenter, "Z" if is_zendesk else "S")


class PeopleHeader(QHeaderView):
    """Headings of the people's table: name, badge of the source, arrow of the order."""

    def __init__(self, parent: QWidget | None, get_column: Callable[[int], PeopleColumn]) -> None:
        """`get_column` tells which column stands at a section."""
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.get_column = get_column
        self.order = AudienceOrder()
        self.setSectionsClickable(True)
        self.setHighlightSections(False)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), fonts.scaled(28))

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        column = self.get_column(section)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(rect, theme_color("surface"))
        painter.setPen(theme_color("line"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        is_sorted = column is self.order.column
        font = fonts.font(12, QFont.Weight.DemiBold if is_sorted else QFont.Weight.Medium)
        size, gap = fonts.scaled(_BADGE), fonts.scaled(4)
        arrow = fonts.scaled(12) if is_sorted else 0
        inner = rect.adjusted(fonts.scaled(6), 0, -fonts.scaled(2), 0)
        metrics = QFontMetrics(font)
        room = max(inner.width() - size - gap - arrow, 0)
        text = metrics.elidedText(column.label, Qt.TextElideMode.ElideRight, room)
        width = metrics.horizontalAdvance(text)
        mirrored = self.isRightToLeft()

        def place(start: float, length: float) -> QRectF:
            left = inner.right() + 1 - start - length if mirrored else inner.left() + start
            return QRectF(left, inner.top() + (inner.height() - size) / 2, length, size)

        painter.setFont(font)
        painter.setPen(theme_color("text" if is_sorted else "muted"))
        words = place(0, width)
        words.setTop(inner.top())
        words.setBottom(inner.bottom())
        draw_text(
            painter, words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading, text
        )
        paint_badge(painter, place(width + gap, size), column.service)
        if is_sorted:
            name = "chevron-down" if self.order.is_descending else "chevron-up"
            mark = icon_pixmap(
                name, theme_color("text"), arrow, painter.device().devicePixelRatioF()
            )
            painter.drawPixmap(place(width + size + gap + 2, arrow).topLeft().toPoint(), mark)
        painter.restore()


class PersonRowDelegate(ListRowDelegate[AudiencePerson]):
    """Paints a person: name over address, figures, value as dots; unknown parts muted."""

    highlights_hovered_row = True

    def sizeHint(self, _option: QStyleOptionViewItem, _index: ModelIndex) -> QSize:
        return QSize(fonts.scaled(100), fonts.scaled(ROW_HEIGHT_PX))

    def paint_cell(
        self, painter: QPainter, box: QRect, index: ModelIndex, row: AudiencePerson
    ) -> None:
        px = self.paint_cache.px
        inner = box.adjusted(px(6), px(2), -px(4), -px(3))
        column = self._column_at(index.column())
        above, below = cell_lines(row, column, self._now())
        if column is AudienceColumn.NAME and self.is_single_column:
            ticket = " ".join(cell_lines(row, AudienceColumn.LAST_TICKET, self._now()))
            below = f"{row.email or NOT_SET} · {ticket}"
        if column is AudienceColumn.VALUE and row.value_segment is not None:
            self._paint_dots(painter, inner, row.value_segment)
            return
        half = inner.height() // 2 if below else 0
        upper = inner.adjusted(0, 0, 0, -half)
        tone = "muted" if above in _UNKNOWN else "text"
        if column is AudienceColumn.NAME and row.name:
            tone = "accent"
        is_figure = column in _FIGURES
        if is_figure:
            # Figures end below their heading, clear of the next column.
            left, right = (px(18), 0) if self._view.isRightToLeft() else (0, -px(18))
            upper = upper.adjusted(left, 0, right, 0)
        size = _SMALL if above in _UNKNOWN and column is not AudienceColumn.NAME else 13
        self.paint_text(painter, upper, above, tone, size=size, trailing=is_figure)
        if below:
            self.paint_text(painter, inner.adjusted(0, half, 0, 0), below, "muted", size=_SMALL)

    def paint_loading(self, painter: QPainter, box: QRect, column: int) -> None:
        """Paint a grey bar for the name of a person who is not read yet."""
        if self._column_at(column) is AudienceColumn.NAME:
            height = self.paint_cache.px(9)
            place = QRectF(
                box.left() + 6, box.top() + self.paint_cache.px(10), box.width() * 0.6, height
            )
            fill_rounded_rect(painter, place, height / 2, self.paint_cache.color("raised"))

    def _paint_dots(self, painter: QPainter, box: QRect, segment: int) -> None:
        """Paint a customer's value as four dots and the number."""
        px, color = self.paint_cache.px, self.paint_cache.color
        size, step = px(_DOT), px(_DOT + 3)
        top = box.top() + (box.height() - size) / 2
        mirrored = self._view.isRightToLeft()
        for number in range(4):
            offset = number * step
            left = box.right() + 1 - offset - size if mirrored else box.left() + offset
            place = QRectF(left, top, size, size)
            if number < segment:
                fill_rounded_rect(painter, place, size / 2, color("accent"))
            else:
                draw_rounded_outline(painter, place, size / 2, color("control"), 1.0)
        used = 4 * step + px(2)
        rest = box.adjusted(0, 0, -used, 0) if mirrored else box.adjusted(used, 0, 0, 0)
        self.paint_text(painter, rest, str(segment), "text")

    def _column_at(self, section: int) -> PeopleColumn:
        model = self._view.model()
        columns = DEFAULT_TABLE_COLUMNS
        if isinstance(model, PeopleTableModel):
            columns = model.shown_columns
        return columns[section]

    def _now(self) -> float:
        model = self._view.model()
        return model.get_now() if isinstance(model, PeopleTableModel) else 0.0


class PeopleTableView(ListTableView[PersonRowDelegate]):
    """The table of people: columns as the width allows, or a single one."""

    order_requested = Signal(object)  # AudienceOrder

    def __init__(self, model: PeopleTableModel, parent: QWidget | None = None) -> None:
        super().__init__("People", model, PersonRowDelegate, leading_column=0, parent=parent)
        self._people = model
        self.header = PeopleHeader(self, model.column_at)
        self.setHorizontalHeader(self.header)
        self.header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.header.sectionClicked.connect(self._on_section_clicked)
        self.set_row_height(fonts.scaled(ROW_HEIGHT_PX))

    def show_order(self) -> None:
        """Draw the order of the audience's people in the table's headings."""
        if self.header.order != self._people.order:
            self.header.order = self._people.order
            self.header.viewport().update()

    def update_columns(self) -> None:
        self.set_row_height(fonts.scaled(ROW_HEIGHT_PX))
        room = self.viewport().width() - fonts.scaled(_NAME_MIN_WIDTH)
        columns = self._people.shown_columns
        shown = {column: _WIDTHS.get(column, _OTHER_WIDTH) for column in columns[1:]}
        is_default = columns == DEFAULT_TABLE_COLUMNS
        for column in _DROPPED if is_default else reversed(columns[1:]):
            if sum(fonts.scaled(width) for width in shown.values()) <= room:
                break
            shown.pop(column)
        self.row_delegate.is_single_column = not shown
        self.header.setVisible(bool(shown))
        # Another number of columns begins with the header's usual mode.
        self.header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for section, column in enumerate(columns):
            if column is AudienceColumn.NAME:
                continue
            self.setColumnHidden(section, column not in shown)
            if column in shown:
                self.setColumnWidth(section, fonts.scaled(shown[column]))

    def _on_section_clicked(self, section: int) -> None:
        column = self._people.column_at(section)
        if not isinstance(column, AudienceColumn) or not column.is_sortable:
            return
        order = self._people.order
        # The first press sorts names from A, and figures from the largest.
        starts_down = column not in (AudienceColumn.NAME, AudienceColumn.ORGANIZATION)
        is_descending = not order.is_descending if order.column is column else starts_down
        self.order_requested.emit(AudienceOrder(column, is_descending))
