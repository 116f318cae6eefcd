"""The tab “History”: runs to come and past, and the one that is looked at."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop.panels.parts.button import secondary
from desktop.panels.parts.card import Card
from desktop.panels.parts.key_value import KeyValue, Row
from desktop.panels.parts.label import label
from desktop.panels.parts.link import LinkButton
from desktop.panels.parts.scroll import scrolling
from desktop.panels.syncs.run_lines import RunLines
from desktop.panels.theme import fonts
from desktop.panels.theme.tokens import GAP_CARD
from desktop.viewmodels.syncs.history import HistoryModel, RunDetail

_BESIDE_FROM = 640
_DETAIL = 300
_NAME = 34


class HistoryTab(QWidget):
    """Emits what is wanted of a run."""

    customer_wanted = Signal(str)
    rows_wanted = Signal(str)  # a plan
    resume_wanted = Signal(str)
    roll_back_wanted = Signal(str)

    def __init__(self, model: HistoryModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._detail: RunDetail | None = None
        self.runs = Card("Runs")
        self.lines = RunLines("Runs of the sync")
        self.runs.add(self.lines)
        self.detail = Card("Run", name="Run")
        self.detail.hide()
        self._links: dict[QWidget, str] = {}
        self._lay_out()
        self.lines.chosen.connect(model.choose)
        model.changed.connect(self.show_history)

    def show_history(self) -> None:
        """Show the list and the chosen run."""
        view = self._model.view()
        self.runs.set_note(view.exchanged, tip="Each person counts once over the sync's life.")
        if not view.loaded:
            self.runs.show_loading(5, "Reading the runs")
        elif not view.runs and not view.coming:
            self.runs.show_empty("It never ran. Runs stand here with what each has changed.")
        else:
            self.runs.show_content()
            self.lines.show_lines((*view.coming, *view.runs), self._model.chosen)
        self._show_detail(self._model.detail())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The run stands beside the list, or below it."""
        super().resizeEvent(event)
        wide = self.width() >= fonts.scaled(_BESIDE_FROM)
        direction = QBoxLayout.Direction
        self._body.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        self._body.setStretch(0, int(wide))
        self._body.setStretch(2, int(not wide))
        if wide:
            self.detail.setFixedWidth(fonts.scaled(_DETAIL))
        else:
            self.detail.setMinimumWidth(0)
            self.detail.setMaximumWidth(16_777_215)

    def _lay_out(self) -> None:
        inside = QWidget()
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight, inside)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(fonts.scaled(GAP_CARD))
        self._body.addWidget(self.runs, 1, Qt.AlignmentFlag.AlignTop)
        self._body.addWidget(self.detail, 0, Qt.AlignmentFlag.AlignTop)
        self._body.addStretch(0)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.addWidget(scrolling(inside))

    def _show_detail(self, detail: RunDetail | None) -> None:
        if detail == self._detail:
            return
        self._detail = detail
        self.detail.setVisible(detail is not None)
        while (item := self.detail.body.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._links = {}
        if detail is not None:
            self._fill(detail)

    def _fill(self, detail: RunDetail) -> None:
        card = self.detail
        card.set_title(detail.title)
        grid = KeyValue("The run", label_width=96)
        grid.set_rows([Row(name, value, tip=tip) for name, value, tip in detail.facts])
        card.add(grid)
        if detail.error:
            card.add(6)
            card.add(label(detail.error, wrap=True, selectable=True, tone="bad"))
        if detail.people:
            card.add(8)
            card.add(label("Created or updated last", "title"))
            for name, query in detail.people:
                short = name if len(name) <= _NAME else f"{name[:_NAME]}…"
                link = LinkButton(short, name=f"Open {name}", tip=name)
                link.clicked.connect(self._on_link)
                self._links[link] = query
                card.add(link)
        card.add(8)
        card.add(self._buttons(detail))

    def _buttons(self, detail: RunDetail) -> QWidget:
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(fonts.scaled(8))
        for wanted, words, act in (
            (detail.resume, "Resume", self._on_resume),
            (bool(detail.plan), "Show rows", self._on_rows),
            (detail.roll_back, "Roll back…", self._on_roll_back),
        ):
            if wanted:
                button = secondary(words, name=words)
                button.clicked.connect(act)
                row.addWidget(button)
        row.addStretch(1)
        return box

    def _on_link(self) -> None:
        link = self.sender()
        if isinstance(link, QWidget):
            self.customer_wanted.emit(self._links[link])

    def _on_resume(self) -> None:
        if self._detail is not None:
            self.resume_wanted.emit(self._detail.id)

    def _on_rows(self) -> None:
        if self._detail is not None:
            self.rows_wanted.emit(self._detail.plan)

    def _on_roll_back(self) -> None:
        if self._detail is not None:
            self.roll_back_wanted.emit(self._detail.id)
