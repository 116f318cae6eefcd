"""The tab “Plan”: what holds a preview, what people will notice, its rows, and what to do."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.panels.parts.at_once import laid_out_at_once
from desktop.panels.parts.button import primary, secondary
from desktop.panels.parts.card import Card
from desktop.panels.parts.choice_field import ChoiceField
from desktop.panels.parts.label import elided, label
from desktop.panels.syncs.count_strip import CountStrip
from desktop.panels.syncs.message_bar import MessageBar
from desktop.panels.syncs.notices import Notices
from desktop.panels.syncs.plan_acts import PlanActs
from desktop.panels.syncs.plan_rows import PlanRows
from desktop.panels.syncs.row_panel import RowPanel
from desktop.panels.theme import fonts
from desktop.viewmodels.syncs.head import MessageView
from desktop.viewmodels.syncs.plan import PlanModel
from desktop.viewmodels.syncs.plan_sift import Sift
from desktop.viewmodels.syncs.plan_view import PlanView

_SIDE = 300
_BESIDE_FROM = 560
_TYPING_MS = 180
_AS_FOUND, _BY_WORTH = "found", "worth"
_ORDERS = ((_AS_FOUND, "As found"), (_BY_WORTH, "Highest value first"))


class PlanTab(Card):
    """A card that fills the page; without a preview it says how to get one."""

    customer_wanted = Signal(str)
    preview_wanted = Signal()
    retry_wanted = Signal(object)  # a row number, or None for all

    def __init__(self, model: PlanModel, parent: QWidget | None = None) -> None:
        super().__init__("", name="Plan", parent=parent)
        self._model = model
        self._open = False
        # The tab says its name already.
        self.title_label.setMinimumHeight(0)
        self.title_label.setFixedHeight(1)
        self.note_label.setFixedHeight(1)
        self.acts = PlanActs(model, self)
        self.stop = MessageBar()
        self.ended = MessageBar()
        self.notices = Notices("What people will notice")
        self.counts = CountStrip()
        self.causes = Notices("Because of")
        self.search = QLineEdit()
        self.search.setAccessibleName("Search the rows")
        self.search.setObjectName("Search the rows")
        self.search.setPlaceholderText("Search the rows")
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(fonts.scaled(190))
        self.order = ChoiceField("Order of the rows", _ORDERS)
        self.order.set_value(_AS_FOUND)
        self.summary = elided("", "small", align_right=True)
        self.rows = PlanRows(model.table)
        self.nothing = label("", "muted", wrap=True)
        self.clear_button = secondary("Clear filters", name="Clear filters")
        self.side = RowPanel()
        self.foot = label("", "text", wrap=True)
        self.retry = secondary("Retry all", name="Retry all")
        self.export = secondary("Export", name="Export")
        self.discard = secondary("Discard", name="Discard")
        self.write = primary("Write", name="Write")
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._lay_out()
        self._connect()

    # What the model says.

    def show_plan(self, why_not_preview: str, *, under_way: bool) -> None:
        """Show how the preview stands; `why_not_preview`: why none can be made now."""
        view = self._model.view()
        if self._model.loading:
            self.show_loading(8, "Reading the preview")
            return
        if view is None:
            text = "No preview yet. It reads both sides and shows every change before any is made."
            if under_way:
                self.show_not_permitted("What would change is shown here once it is known.")
            elif why_not_preview:
                self.show_not_permitted(f"{text} {why_not_preview}")
            else:
                self.show_empty(text, "Preview")
            return
        if not self.content.isHidden():
            self._show(view)
            return
        # Everything comes at once, and is laid out once.
        with laid_out_at_once(self):
            self._show(view)
            self.show_content()

    def show_detail(self) -> None:
        """Show the chosen row beside the table, where it is open."""
        detail = self._model.detail()
        if detail is not None:
            self.side.show_detail(detail)
        self._arrange()

    def _show(self, view: PlanView) -> None:
        stop = view.stop
        self.stop.show_view(
            MessageView("warn", stop.title, stop.text, stop.acts) if stop is not None else None
        )
        self.ended.show_view(view.ended)
        sift = view.chosen
        noticed = f"{sift.consequence.value}:{sift.name}" if sift.consequence else ""
        self.notices.show_notices(view.notices, noticed)
        self.counts.show_counts(view.counts, "" if sift.consequence else sift.fate)
        self.causes.show_notices(self.acts.causes(view), sift.cause)
        self.causes.setVisible(bool(view.causes))
        self.summary.setText(self._model.summary())
        if not self._typing.isActive() and self.search.text().strip() != sift.text:
            self.search.setText(sift.text)
        self.order.setVisible(view.sortable)
        self.order.set_value(_BY_WORTH if sift.by_worth else _AS_FOUND)
        self.rows.arrange_rows(valued=view.sortable)
        empty = self._model.empty()
        self.rows.setVisible(empty is None)
        self.nothing.setVisible(empty is not None)
        self.clear_button.setVisible(empty is not None and bool(empty.act))
        if empty is not None:
            self.nothing.setText(empty.text)
            self.clear_button.set_text(empty.act or "Clear filters")
        self._foot.setVisible(True)
        self.foot.setText(view.foot)
        self.foot.setVisible(bool(view.foot) or self.width() >= fonts.scaled(_BESIDE_FROM))
        for button in (self.discard, self.write):
            button.setVisible(view.open)
        self.retry.setVisible(bool(view.retry))
        self.write.set_text(view.write)
        self.write.set_enabled(not view.write_why_not, view.write_why_not)
        self.write.setAccessibleName(view.write)
        self.export.set_enabled(self._model.table.rowCount() > 0, "No row is shown.")
        self._arrange()

    # Qt's own.

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The details stand beside the rows, or in their place."""
        super().resizeEvent(event)
        self._arrange()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes the details."""
        if event.key() == Qt.Key.Key_Escape and self._open:
            self._on_side_closed()
            return
        super().keyPressEvent(event)

    # How it is put together.

    def _lay_out(self) -> None:
        filters = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        filters.setSpacing(fonts.scaled(10))
        filters.addWidget(self.counts, 1)
        finding = QHBoxLayout()
        finding.addWidget(self.summary)
        self._fields = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._fields.setSpacing(fonts.scaled(6))
        self._fields.addWidget(self.order)
        self._fields.addWidget(self.search)
        finding.addLayout(self._fields)
        filters.addLayout(finding)
        self._filters = filters
        body = QHBoxLayout()
        body.setSpacing(0)
        self._rows_box = QWidget()
        rows = QVBoxLayout(self._rows_box)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.nothing)
        rows.addWidget(self.clear_button, 0, Qt.AlignmentFlag.AlignLeft)
        rows.addWidget(self.rows, 1)
        rows.addStretch(0)
        body.addWidget(self._rows_box, 1)
        body.addWidget(self.side)
        line = QFrame()
        line.setProperty("ground", "line")
        line.setFixedHeight(1)
        self._line = line
        self._foot = QWidget()
        self._foot_row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._foot)
        self._foot_row.setContentsMargins(0, 0, 0, 0)
        self._foot_row.setSpacing(fonts.scaled(8))
        self._foot_row.addWidget(self.foot, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(fonts.scaled(8))
        for button in (self.retry, self.export, self.discard, self.write):
            buttons.addWidget(button)
        self._foot_row.addLayout(buttons)
        for part in (self.stop, self.ended, self.notices, filters, self.causes):
            self.add(part)
        self.add(line)
        self.body.addLayout(body, 1)
        self.add(self._foot)
        self.body.setSpacing(fonts.scaled(8))
        self.side.hide()
        # The box of states exists from here on, so that what follows keeps it at the top.
        self.show_empty("")
        self._column.addStretch(0)
        self._column.setStretchFactor(self.content, 1)
        policy = self.sizePolicy()
        policy.setVerticalPolicy(policy.Policy.Expanding)
        self.setSizePolicy(policy)

    def _arrange(self) -> None:
        wide = self.width() >= fonts.scaled(_BESIDE_FROM)
        shown = self._open and self._model.detail() is not None
        opening = shown and not self.side.isVisible()
        self.side.setVisible(shown)
        empty = self._model.empty()
        self.rows.setVisible(empty is None)
        self._rows_box.setVisible(wide or not shown)
        if wide:
            self.side.setFixedWidth(fonts.scaled(_SIDE))
        else:
            self.side.setMinimumWidth(0)
            self.side.setMaximumWidth(16_777_215)
        if opening and not wide:
            # The rows are gone, and the keyboard with them.
            self.side.setFocus()
        direction = QBoxLayout.Direction
        self._foot_row.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        self.summary.setVisible(self.width() >= fonts.scaled(760))
        self._filters.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        # Beside the figures they stand over each other, so that the figures keep one line.
        self._fields.setDirection(direction.TopToBottom if wide else direction.LeftToRight)
        for field in (self.order, self.search):
            if wide:
                field.setFixedWidth(fonts.scaled(190))
            else:
                field.setMinimumWidth(0)
                field.setMaximumWidth(16_777_215)

    def _connect(self) -> None:
        model = self._model
        self.stop.action_triggered.connect(self.acts.on_stop)
        self.ended.action_triggered.connect(self._on_ended)
        self.notices.chosen.connect(model.filter_notice)
        self.causes.chosen.connect(self.acts.filter_cause)
        self.counts.chosen.connect(self._on_count)
        self.search.textChanged.connect(self._on_typed)
        self.order.chosen.connect(self._on_order)
        self._typing.timeout.connect(self._on_typed_out)
        self.clear_button.clicked.connect(self._on_clear)
        self.rows.moved.connect(model.choose)
        self.rows.opened.connect(self._on_opened)
        self.rows.customer_wanted.connect(self.customer_wanted)
        self.rows.picked.connect(model.pick)
        self.rows.all_wanted.connect(self._on_all)
        self.side.closed.connect(self._on_side_closed)
        self.side.customer_wanted.connect(self.customer_wanted)
        self.side.field_ticked.connect(self._on_field)
        self.side.picked.connect(model.pick)
        self.side.always.connect(model.always_prefer)
        self.side.corrected.connect(model.correct)
        self.side.ignored.connect(model.ignore)
        self.side.retry_wanted.connect(self.retry_wanted)
        self.export.clicked.connect(self.acts.export)
        self.discard.clicked.connect(model.discard)
        self.write.clicked.connect(self.acts.write)
        self.retry.clicked.connect(self._on_retry)
        self.action_requested.connect(self.preview_wanted)
        model.detail_changed.connect(self.show_detail)

    def _on_count(self, key: str) -> None:
        self._model.filter(Sift(fate=key, text=self._model.sift.text))

    def _on_order(self, key: str) -> None:
        self._model.order(by_worth=key == _BY_WORTH)

    def _on_typed(self, _text: str) -> None:
        self._typing.start()

    def _on_typed_out(self) -> None:
        self.acts.search(self.search.text())

    def _on_clear(self) -> None:
        self.search.clear()
        self._typing.stop()
        self._model.filter(Sift())

    def _on_opened(self, place: int) -> None:
        self._model.choose(place)
        self._open = True
        self.show_detail()

    def _on_side_closed(self) -> None:
        self._open = False
        self._arrange()
        self.rows.setFocus()

    def _on_all(self, on: bool) -> None:
        self._model.tick_all(on=on)

    def _on_field(self, row: int, field: str, on: bool) -> None:
        self._model.tick_field(row, field, on=on)

    def _on_ended(self, act: str) -> None:
        if act == "newest":
            self._model.show_plan("")
        else:
            self.preview_wanted.emit()

    def _on_retry(self) -> None:
        self.retry_wanted.emit(None)
