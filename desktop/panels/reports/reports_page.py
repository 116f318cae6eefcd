"""Widget of the Reports page: tiles of up to six reports, the chosen one's exact tables below."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

from PySide6.QtCore import QBuffer, QIODevice, Qt, Signal
from PySide6.QtGui import QHideEvent, QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QGridLayout, QVBoxLayout, QWidget

from desktop.audience.report_people import CountedPeople
from desktop.kit.errors import AppError
from desktop.model.report import FindingAction, ReportFinding
from desktop.model.report_period import BucketSize
from desktop.panels.reports.report_detail_card import ReportDetailCard
from desktop.panels.reports.report_dialogs import (
    ArrangeTilesDialog,
    CountedPeopleDialog,
    PhrasesDialog,
    UndoNoteDialog,
)
from desktop.panels.reports.report_tile import ReportTile
from desktop.panels.reports.reports_header import ReportsHeader
from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import CARD_GAP
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.box_layout import delete_widget
from desktop.panels.widgets.export_file_dialog import ExportFileDialog, documents_folder
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.viewmodels.reports.report_tile_view import TileState
from desktop.viewmodels.reports.reports_page_model import ReportsPageModel

# px of the design: from these widths on there are three tiles beside each other, or two.
_THREE_COLUMNS, _TWO_COLUMNS = 980, 640


class ReportsPage(QWidget):
    """Widget of the Reports page: header, up to six tiles, the chosen report's tables below."""

    customer_requested = Signal(str)  # a query for the search field
    changes_requested = Signal(str)  # words that the page Activity is to search
    audience_requested = Signal(str)  # the expression of whom Audience is to show

    def __init__(self, model: ReportsPageModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setAccessibleName("Reports")
        self.setObjectName("Reports")
        self.header = ReportsHeader()
        self.banner = Banner()
        self.banner.hide()
        # Apart from what somebody did: it stays until the mail server takes them.
        self.mail_banner = Banner()
        self.mail_banner.hide()
        self.tiles: dict[str, ReportTile] = {}
        self.detail_card = ReportDetailCard(model.category_model, model.day_model)
        self._columns = 0
        inside = QWidget()
        self._grid = QGridLayout()
        self._grid.setSpacing(fonts.scaled(CARD_GAP))
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, fonts.scaled(11))
        column.setSpacing(fonts.scaled(CARD_GAP))
        column.addLayout(self._grid)
        column.addWidget(self.detail_card)
        column.addStretch(1)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(fonts.scaled(10))
        page.addWidget(self.header)
        page.addWidget(self.banner)
        page.addWidget(self.mail_banner)
        page.addWidget(wrap_in_scroll_area(inside), 1)
        self._connect()
        self._rebuild_tiles()
        self._on_detail()
        self.header.show_model(model)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._model.set_visible(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._model.set_visible(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_tiles()

    @property
    def model(self) -> ReportsPageModel:
        """The view-model that this Reports page shows."""
        return self._model

    def take_focus(self) -> None:
        """Put the keyboard on the chosen report's chart."""
        tile = self.tiles.get(self._model.chosen)
        if tile is not None:
            tile.chart.setFocus()

    def picture(self) -> bytes:
        """Return the chosen report as a PNG picture: its tile, twice as large as on screen."""
        tile = self.tiles[self._model.chosen]
        picture = QPixmap(tile.size() * 2)
        picture.setDevicePixelRatio(2)
        picture.fill(Qt.GlobalColor.transparent)
        tile.render(picture)
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        picture.save(buffer, "PNG")
        return bytes(buffer.data().data())

    def _connect(self) -> None:
        model, header, card = self._model, self.header, self.detail_card
        model.tile_changed.connect(self._on_tile)
        model.tiles_changed.connect(self._rebuild_tiles)
        model.detail_changed.connect(self._on_detail)
        model.cursor_changed.connect(self._on_cursor)
        model.changed.connect(self._on_changed)
        model.failed.connect(self.show_error)
        model.people_found.connect(self._on_people)
        model.exported.connect(self._on_exported)
        model.audience_requested.connect(self.audience_requested)
        header.days_chosen.connect(self._on_days)
        header.size_chosen.connect(self._on_size)
        header.comparison_chosen.connect(model.set_compared)
        header.refresh_button.clicked.connect(model.refresh)
        header.arrange_button.clicked.connect(self._on_arrange)
        header.print_button.clicked.connect(self._on_print)
        card.people_requested.connect(model.show_people)
        card.finding_opened.connect(self._on_finding)
        card.category_opened.connect(model.open_category)
        card.day_selected.connect(self._on_day_row)
        card.day_opened.connect(self._on_day_opened)
        card.category_selected.connect(self._on_category_row)
        card.picture_requested.connect(self._on_picture)
        card.export_requested.connect(self._on_export)

    # The tiles.

    def _rebuild_tiles(self) -> None:
        for name in [name for name in self.tiles if name not in self._model.tiles]:
            delete_widget(self.tiles.pop(name))
        for name in self._model.tiles:
            if name not in self.tiles:
                self.tiles[name] = self._make_tile(name)
        self._columns = 0
        self._place_tiles()
        self._on_cursor()

    def _make_tile(self, name: str) -> ReportTile:
        tile = ReportTile(self._model.tile(name), self)
        tile.chosen.connect(self._model.choose)
        tile.cursor_moved.connect(self._on_cursor_moved)
        tile.value_opened.connect(self._on_value_opened)
        tile.retried.connect(self._model.retry)
        tile.phrase_requested.connect(self._on_phrases)
        return tile

    def _place_tiles(self) -> None:
        width = self.width() / fonts.scale()
        columns = 3 if width >= _THREE_COLUMNS else 2 if width >= _TWO_COLUMNS else 1
        if columns == self._columns:
            return
        self._columns = columns
        for place in range(3):
            self._grid.setColumnStretch(place, 1 if place < columns else 0)
        for place, name in enumerate(self._model.tiles):
            self._grid.addWidget(self.tiles[name], place // columns, place % columns)
        # Their order is the order of Tab.
        chain = [self.tiles[name] for name in self._model.tiles]
        for one, after in pairwise(chain):
            QWidget.setTabOrder(one.chart, after.chart)
        self.detail_card.set_narrow(columns == 1)
        self.header.set_narrow(columns < 3)

    # What the model says.

    def _on_tile(self, name: str) -> None:
        tile = self.tiles.get(name)
        if tile is not None:
            tile.show_view(self._model.tile(name))
            self._on_cursor()

    def _on_detail(self) -> None:
        self.detail_card.show_detail(self._model.detail())

    def _on_cursor(self) -> None:
        model = self._model
        for name, tile in self.tiles.items():
            tile.set_chosen(name == model.chosen, model.cursor)
        tile_view = model.tile(model.chosen)
        is_bars = tile_view.chart is not None and bool(tile_view.chart.bars)
        shown = model.cursor if tile_view.state is TileState.SHOWN else -1
        self.detail_card.day_table.show_place(-1 if is_bars else shown)
        if is_bars:
            self.detail_card.category_table.show_place(shown)

    def _on_changed(self) -> None:
        self.header.show_model(self._model)
        title, words = self._model.waiting_mail()
        if title:
            self.mail_banner.show_message("warn", title, words)
        else:
            self.mail_banner.clear()

    def show_error(self, error: AppError) -> None:
        """Show an error above the tiles of the Reports page."""
        self.banner.show_message("bad", error.title, error.message, error.hint, close="Close")

    def _on_exported(self, sentence: str, folder: str) -> None:
        self.banner.show_message("info", sentence, f"In {folder}.", close="Close")

    def _on_people(self, found: CountedPeople, words: str) -> None:
        dialog = CountedPeopleDialog(found, words, self._model.period.zone, self)
        dialog.customer_requested.connect(self.customer_requested)
        dialog.open()

    # What the person does.

    def _on_days(self, days: object) -> None:
        self._model.set_days(days)  # type: ignore[arg-type]

    def _on_size(self, size: str) -> None:
        self._model.set_size(BucketSize(size))

    def _on_cursor_moved(self, _name: str, place: int) -> None:
        self._model.set_cursor(place)

    def _on_value_opened(self, _name: str, place: int) -> None:
        self._model.set_cursor(place)
        self._model.open_cursor()

    def _on_day_row(self, row: int) -> None:
        found = self._model.day_model.row_at(row)
        if found is not None:
            self._model.set_cursor(found.place)

    def _on_day_opened(self, row: int) -> None:
        found = self._model.day_model.row_at(row)
        if found is not None:
            self._model.show_people(bucket=found.place)

    def _on_category_row(self, row: int) -> None:
        tile = self._model.tile(self._model.chosen)
        if tile.chart is not None and tile.chart.bars and 0 <= row < len(tile.chart.bars):
            self._model.set_cursor(row)

    def _on_finding(self, finding: ReportFinding) -> None:
        if finding.action is FindingAction.PEOPLE:
            self._model.show_people(finding.target)
        elif finding.action is FindingAction.AUDIENCE:
            self.audience_requested.emit(finding.target)
        elif finding.action is FindingAction.SUPPRESS:
            self._model.suppress(finding.target)
        elif finding.action is FindingAction.UNDO:
            dialog = UndoNoteDialog(finding.text, self)
            dialog.noted.connect(partial(self._model.undo_opened, finding.target))
            dialog.open()
        elif finding.action is FindingAction.ACTIVITY:
            self.changes_requested.emit(finding.target)

    def _on_phrases(self) -> None:
        dialog = PhrasesDialog(self._model.phrases, self)
        dialog.chosen.connect(self._model.set_phrases)
        dialog.open()

    def _on_arrange(self) -> None:
        dialog = ArrangeTilesDialog(self._model.tiles, self)
        dialog.arranged.connect(self._model.set_tiles)
        dialog.open()

    def _on_export(self) -> None:
        dialog = ExportFileDialog("Save the report", self._model.file_name("csv"), self)
        dialog.file_chosen.connect(self._model.export)
        dialog.open()

    def _on_picture(self) -> None:
        # As it is now: what is counted meanwhile may change the tile.
        content = self.picture()
        self._save_as(
            "Save the picture", "Picture (*.png)", "png", lambda: content, (self._model.chosen,)
        )

    def _on_print(self) -> None:
        # Imported here: few people print.
        from desktop.panels.reports.printed_report import collect_printed, make_report_pdf

        make = partial(make_report_pdf, collect_printed(self._model, self.tiles))
        model = self._model
        shown = [n for n in model.tiles if model.tile(n).state is TileState.SHOWN]
        self._save_as("Save the reports as PDF", "PDF (*.pdf)", "pdf", make, shown)

    def _save_as(
        self,
        title: str,
        kinds: str,
        ending: str,
        make: Callable[[], bytes],
        names: Sequence[str],
    ) -> None:
        dialog = QFileDialog(self, title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(kinds)
        dialog.setDefaultSuffix(ending)
        dialog.setDirectory(documents_folder())
        dialog.selectFile(self._model.file_name(ending))
        dialog.fileSelected.connect(partial(self._on_path, make, names))
        dialog.open()

    def _on_path(self, make: Callable[[], bytes], names: Sequence[str], path: str) -> None:
        self._model.save_made(path, make, names)
