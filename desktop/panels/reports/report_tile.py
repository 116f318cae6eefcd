"""Widget of one tile of the Reports page: title, figure, difference in words, chart."""

from PySide6.QtCore import QCoreApplication, QEvent, QRectF, Signal
from PySide6.QtGui import QMouseEvent, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.panels.reports.report_chart_widget import ReportChartWidget
from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.label import elided_label, label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.shape_painting import create_painter, draw_rounded_outline
from desktop.viewmodels.reports.report_tile_view import TileState, TileView

_HEIGHT = 177
_RADIUS = 8
_SKELETON_ROWS = 4
CHOOSE_PHRASE = "Choose a phrase…"


class ReportTile(Card):
    """A report's tile; whatever its state, it is as high as the others."""

    chosen = Signal(str)  # the report's name, by a person
    cursor_moved = Signal(str, int)
    value_opened = Signal(str, int)
    phrase_requested = Signal()
    retried = Signal(str)

    def __init__(self, view: TileView, parent: QWidget | None = None) -> None:
        super().__init__(view.title, name=f"Report {view.name}", parent=parent)
        self._view = view
        self._is_chosen = False
        self.figure_label = label("", "figure")
        self.difference_label = elided_label("", "muted")
        self.chart = ReportChartWidget(f"Chart: {view.title}")
        self.phrase_button = LinkButton("Change phrase…")
        words = hbox(self.figure_label, spacing=8)
        words.addWidget(self.difference_label, 1)
        self.add(words)
        self.add(self.chart)
        if view.name == "phrases":
            self.set_corner_widget(self.phrase_button)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(fonts.scaled(_HEIGHT))
        self.chart.focused.connect(self._on_chosen)
        self.chart.cursor_moved.connect(self._on_cursor)
        self.chart.value_opened.connect(self._on_opened)
        self.phrase_button.clicked.connect(self.phrase_requested)
        self.retry_requested.connect(self._on_retry)
        self.action_requested.connect(self.phrase_requested)
        self.show_view(view)

    def show_view(self, view: TileView) -> None:
        """Show the tile's state, or its figure and its chart."""
        self._view = view
        self.set_title(view.title)
        self.set_note(view.note, view.note_tone, view.note_tip)
        self.set_corner_visible(view.name == "phrases" and view.state is TileState.SHOWN)
        if view.state is TileState.LOADING:
            self.show_loading(_SKELETON_ROWS, "Counting")
        elif view.state is TileState.FAILED:
            self.show_failed(view.text, "Try again")
        elif view.state is TileState.REFUSED:
            self.show_not_permitted(view.text)
        elif view.state is TileState.UNSET:
            self.show_empty(view.text, CHOOSE_PHRASE)
        else:
            self.figure_label.setText(view.figure)
            self.difference_label.setText(view.difference)
            self.difference_label.set_tooltip(view.difference)
            self.chart.show_view(view.chart)
            self.show_content()

    def set_chosen(self, is_chosen: bool, cursor: int) -> None:
        """Draw the accent edge around the chosen tile, and its highlighted value."""
        self.chart.set_cursor_place(cursor if is_chosen else -1)
        if is_chosen != self._is_chosen:
            self._is_chosen = is_chosen
            self.setAccessibleDescription("chosen, its table is below" if is_chosen else "")
            self.update()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            # A QGroupBox takes its margins from the style sheet only when it hears of a change.
            QCoreApplication.sendEvent(self, QEvent(QEvent.Type.StyleChange))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._on_chosen()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._is_chosen:
            painter = create_painter(self)
            box = QRectF(self.rect())
            draw_rounded_outline(painter, box, fonts.scaled(_RADIUS), theme_color("accent"), 2)

    def _on_chosen(self) -> None:
        self.chosen.emit(self._view.name)

    def _on_cursor(self, place: int) -> None:
        self.chosen.emit(self._view.name)
        self.cursor_moved.emit(self._view.name, place)

    def _on_opened(self, place: int) -> None:
        self.value_opened.emit(self._view.name, place)

    def _on_retry(self) -> None:
        self.retried.emit(self._view.name)
