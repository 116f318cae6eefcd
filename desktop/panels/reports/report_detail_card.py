"""Widget below the tiles: the chosen report's exact tables, its notes, its people, its files."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QSizePolicy, QVBoxLayout, QWidget

from desktop.model.report import FindingAction, ReportFinding
from desktop.panels.reports.report_table_widget import ReportTableWidget
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.label import elided_label, label
from desktop.panels.widgets.link_button import LinkButton
from desktop.viewmodels.reports.report_detail_view import DetailView
from desktop.viewmodels.reports.report_table_model import ReportTableModel

_TABLE_HEIGHT = 192
_MAX_CATEGORY_ROWS, _MAX_FINDINGS = 8, 4
NO_REPORT = "The tables are shown once the report is counted."


class ReportDetailCard(Card):
    """The chosen report, exactly: a row for each category, and a row for each day."""

    people_requested = Signal()
    finding_opened = Signal(object)  # ReportFinding
    category_opened = Signal(int)  # row of the table
    category_selected = Signal(int)
    day_selected = Signal(int)
    day_opened = Signal(int)
    picture_requested = Signal()
    export_requested = Signal()

    def __init__(
        self, categories: ReportTableModel, days: ReportTableModel, parent: QWidget | None = None
    ) -> None:
        super().__init__("Report", name="Chosen report", parent=parent)
        self.category_table = ReportTableWidget("Report by category", categories)
        self.day_table = ReportTableWidget("Report by day", days)
        self.day_table.setFixedHeight(fonts.scaled(_TABLE_HEIGHT))
        self.picture_button = secondary_button("Picture…")
        self.csv_button = secondary_button("CSV…")
        self.people_button = primary_button("Show the people", name="Show the people")
        self.people_button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.notes_label = label("", "note", wrap=True)
        self.source_label = elided_label("", "small")
        self.empty_label = label(NO_REPORT, "muted", wrap=True)
        self.finding_rows = [_FindingRow() for _ in range(_MAX_FINDINGS)]
        left = _column(self.category_table, *self.finding_rows, self.notes_label)
        left.addStretch(1)
        self.set_corner_widget(self.people_button)
        line = QFrame()
        line.setFrameShape(QFrame.Shape.VLine)
        line.setProperty("role", "divider")
        right = _column(self.day_table)
        right.addStretch(1)
        foot = hbox(spacing=8)
        foot.addWidget(self.source_label, 1)
        foot.addWidget(self.picture_button)
        foot.addWidget(self.csv_button)
        right.addLayout(foot)
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._body.setSpacing(fonts.scaled(16))
        self._body.addLayout(left, 11)
        self._body.addLayout(right, 10)
        self.add(self.empty_label)
        self.add(self._body)
        # As high as wrapped texts need at this width, which may be more than they like to be.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._connect()
        self.show_detail(None)

    def set_narrow(self, is_narrow: bool) -> None:
        """Put the tables below each other where they do not fit beside each other."""
        direction = QBoxLayout.Direction
        self._body.setDirection(direction.TopToBottom if is_narrow else direction.LeftToRight)

    def show_detail(self, detail: DetailView | None) -> None:
        """Show a report's tables; None: there is none to show."""
        is_shown = detail is not None
        for part in (self.category_table, self.day_table, self.source_label):
            part.setVisible(is_shown)
        self.empty_label.setVisible(not is_shown)
        reason = "" if is_shown else NO_REPORT
        self.picture_button.set_enabled(is_shown, reason)
        self.csv_button.set_enabled(is_shown, reason)
        self.set_corner_visible(detail is not None and bool(detail.people_text))
        notes = detail.notes if detail is not None else ()
        findings = detail.findings if detail is not None else ()
        for place, row in enumerate(self.finding_rows):
            row.show_finding(findings[place] if place < len(findings) else None)
        self.notes_label.setText(" ".join(notes))
        self.notes_label.setVisible(bool(notes))
        if detail is not None:
            rows = min(len(detail.categories.rows), _MAX_CATEGORY_ROWS)
            self.category_table.fit_rows(max(rows, 1))
            self.set_title(detail.title)
            self.set_note(detail.subtitle)
            self.people_button.set_text(detail.people_text or "Show the people")
            self.source_label.setText(detail.source)
            self.source_label.set_tooltip(detail.source)

    def _connect(self) -> None:
        self.people_button.clicked.connect(self.people_requested)
        self.picture_button.clicked.connect(self.picture_requested)
        self.csv_button.clicked.connect(self.export_requested)
        for row in self.finding_rows:
            row.opened.connect(self.finding_opened)
        self.category_table.row_opened.connect(self.category_opened)
        self.category_table.current_row_changed.connect(self.category_selected)
        self.day_table.current_row_changed.connect(self.day_selected)
        self.day_table.row_opened.connect(self.day_opened)


class _FindingRow(QWidget):
    """What stands out in a report, with the link to it."""

    opened = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._finding: ReportFinding | None = None
        self._has_link = False
        self.text_label = label("")
        self.link = LinkButton("Show")
        self.text_label.setMinimumHeight(self.link.sizeHint().height())
        self._line = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(fonts.scaled(8))
        self._line.addWidget(self.text_label)
        self._line.addWidget(self.link)
        self._line.addStretch(1)
        self._is_narrow = False
        # The sentence makes the page no wider: it wraps.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.link.clicked.connect(self._on_clicked)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Let the sentence wrap, with the link below it, where there is little room."""
        words = self.text_label.fontMetrics().horizontalAdvance(self.text_label.text())
        link = fonts.scaled(8) + self.link.sizeHint().width() if self._has_link else 0
        is_narrow = words + link > self.width()
        if is_narrow == self._is_narrow:
            return
        self._is_narrow = is_narrow
        direction = QBoxLayout.Direction
        self.text_label.setWordWrap(is_narrow)
        self._line.setSpacing(0 if is_narrow else fonts.scaled(8))
        self._line.setDirection(direction.TopToBottom if is_narrow else direction.LeftToRight)

    def show_finding(self, finding: ReportFinding | None) -> None:
        """Show a sentence found in the report, with its link; None hides the line."""
        self._finding = finding
        self.setVisible(finding is not None)
        if finding is not None:
            self.text_label.setText(finding.text)
            self._has_link = finding.action is not FindingAction.NONE
            self.link.setVisible(self._has_link)
            self.link.set_text(finding.label or "Show")
            self._arrange()

    def _on_clicked(self) -> None:
        self.opened.emit(self._finding)


def _column(*parts: QWidget) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(fonts.scaled(3))
    for part in parts:
        column.addWidget(part)
    return column
