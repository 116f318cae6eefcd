"""Widget of the tab History: planned and past runs, and the details of the chosen one."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop.panels.syncs.run_table_view import RunTableView
from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import CARD_GAP
from desktop.panels.widgets.box_layout import clear_layout
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.key_value_table import KeyValueTable
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.list_detail_page import fix_or_free_width
from desktop.panels.widgets.list_page import show_list_state
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.viewmodels.key_value_row import KeyValueRow
from desktop.viewmodels.syncs.run_history_model import RunDetailView, RunHistoryModel

_SIDE_BY_SIDE_MIN_WIDTH = 640
_DETAIL_WIDTH = 300
# A link does not cut its text; longer names would widen the card.
_MAX_NAME_LENGTH = 34
EXCHANGED_TOOLTIP = "Each person counts once over the sync's life."


class RunHistoryTab(QWidget):
    """Widget of the tab History; emits what a person wants of the chosen run."""

    customer_requested = Signal(str)
    plan_rows_requested = Signal(str)  # a plan
    plan_requested = Signal()  # the tab Plan
    resume_requested = Signal(str)
    rollback_requested = Signal(str)

    def __init__(self, model: RunHistoryModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._detail: RunDetailView | None = None
        self.runs_card = Card("Runs")
        self.run_list = RunTableView("Runs of the sync", model.list_model)
        self.runs_card.add(self.run_list)
        self.detail_card = Card("Run", name="Run")
        self.detail_card.hide()
        self._links: dict[QWidget, str] = {}
        self._lay_out()
        self.run_list.run_chosen.connect(model.toggle_run)
        self.runs_card.action_requested.connect(self.plan_requested)
        model.changed.connect(self.show_history)

    def show_history(self) -> None:
        """Draw the run history's list and the chosen run."""
        state = self._model.list_state()
        self.runs_card.set_note(state.summary, tip=EXCHANGED_TOOLTIP)
        show_list_state(self.runs_card, state, 5, "Reading the runs")
        self.run_list.show_chosen(self._model.selected_run_id)
        self._show_detail(self._model.run_detail())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= fonts.scaled(_SIDE_BY_SIDE_MIN_WIDTH)
        direction = QBoxLayout.Direction
        self._body.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        self._body.setStretch(0, int(wide))
        self._body.setStretch(2, int(not wide))
        fix_or_free_width(self.detail_card, _DETAIL_WIDTH if wide else None)

    def _lay_out(self) -> None:
        inside = QWidget()
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight, inside)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(fonts.scaled(CARD_GAP))
        self._body.addWidget(self.runs_card, 1, Qt.AlignmentFlag.AlignTop)
        self._body.addWidget(self.detail_card, 0, Qt.AlignmentFlag.AlignTop)
        self._body.addStretch(0)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.addWidget(wrap_in_scroll_area(inside))

    def _show_detail(self, detail: RunDetailView | None) -> None:
        # Rebuilding would take the keyboard from its buttons with every snapshot.
        if detail == self._detail:
            return
        self._detail = detail
        self.detail_card.setVisible(detail is not None)
        clear_layout(self.detail_card.body)
        self._links = {}
        if detail is not None:
            self._fill_detail(detail)

    def _fill_detail(self, detail: RunDetailView) -> None:
        card = self.detail_card
        card.set_title(detail.title)
        grid = KeyValueTable("The run", label_width=96)
        grid.set_rows([KeyValueRow(name, value, tip=tip) for name, value, tip in detail.facts])
        card.add(grid)
        if detail.error:
            card.add(6)
            card.add(label(detail.error, wrap=True, selectable=True, tone="bad"))
        if detail.last_customers:
            card.add(8)
            card.add(label("Created or updated last", "title"))
            for name, query in detail.last_customers:
                short = name if len(name) <= _MAX_NAME_LENGTH else f"{name[:_MAX_NAME_LENGTH]}…"
                link = LinkButton(short, name=f"Open {name}", tip=name)
                link.clicked.connect(self._on_link)
                self._links[link] = query
                card.add(link)
        card.add(8)
        card.add(self._create_buttons(detail))

    def _create_buttons(self, detail: RunDetailView) -> QWidget:
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(fonts.scaled(8))
        for wanted, words, act in (
            (detail.can_resume, "Resume", self._on_resume),
            (bool(detail.plan_id), "Show rows", self._on_rows),
            (detail.can_roll_back, "Roll back…", self._on_roll_back),
        ):
            if wanted:
                button = secondary_button(words, name=words)
                button.clicked.connect(act)
                row.addWidget(button)
        row.addStretch(1)
        return box

    def _on_link(self) -> None:
        link = self.sender()
        if isinstance(link, QWidget):
            self.customer_requested.emit(self._links[link])

    def _on_resume(self) -> None:
        if self._detail is not None:
            self.resume_requested.emit(self._detail.id)

    def _on_rows(self) -> None:
        if self._detail is not None:
            self.plan_rows_requested.emit(self._detail.plan_id)

    def _on_roll_back(self) -> None:
        if self._detail is not None:
            self.rollback_requested.emit(self._detail.id)
