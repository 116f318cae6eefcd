"""The drawer Why opted out?: the answer, what happened in order, and what cannot be known."""

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from desktop.panels.customer.bounce_repair_section import BounceRepairSection
from desktop.panels.customer.unknown_part import add_unknown
from desktop.panels.theme import fonts
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.box_layout import delete_widget, hbox, vbox
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.drawer import Drawer
from desktop.panels.widgets.label import label
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.viewmodels.customer.why_opted_out_model import CauseView, WhyOptedOutModel

_WIDTH = 560  # px of the design


class WhyOptedOutDrawer(Drawer):
    """The drawer Why opted out? as a widget of what its model has collected."""

    def __init__(self, model: WhyOptedOutModel, host: QWidget) -> None:
        super().__init__("Why opted out?", host, width=_WIDTH)
        self._model = model
        self._banner = Banner()
        self._answer = label("", "strong", wrap=True, selectable=True)
        self._rows: QWidget | None = None
        self._rows_place = QVBoxLayout()
        inside = QWidget()
        self.repair_section = BounceRepairSection()
        self.repair_section.repair_button.clicked.connect(model.repair)
        self.repair_section.give_up_button.clicked.connect(model.give_up_repair)
        column = vbox(self.repair_section, self._rows_place, spacing=12)
        column.addStretch(1)
        inside.setLayout(column)
        self.done_button = secondary_button("Close")
        self.body.setSpacing(fonts.scaled(12))
        self.body.addWidget(self._banner)
        self.body.addWidget(self._answer)
        self.body.addWidget(wrap_in_scroll_area(inside, bar_beside=True), 1)
        self.body.addLayout(hbox(1, self.done_button))
        model.changed.connect(self._on_changed)
        self.done_button.clicked.connect(self.slide_out)
        self.close_requested.connect(self.slide_out)

    def open_for_customer(self) -> None:
        """Slide the drawer Why opted out? in for the customer on the sheet."""
        self._model.begin()
        self.refresh()
        self.slide_in()
        self.done_button.setFocus()

    def refresh(self) -> None:
        """Draw the drawer Why opted out?: the answer and the causes collected so far."""
        view = self._model.view()
        self.subtitle_label.setText(view.subtitle)
        self._banner.setVisible(bool(view.error))
        if view.error:
            self._banner.show_message("bad", view.error)
        self._answer.setText(view.answer)
        self.repair_section.show_repair(view.repair)
        if self._rows is not None:
            delete_widget(self._rows)
        rows = [_create_cause_row(cause) for cause in view.causes]
        self._rows = QWidget()
        column = vbox(*rows, spacing=10)
        add_unknown(column, view.unknown)
        self._rows.setLayout(column)
        self._rows_place.addWidget(self._rows)

    def _on_changed(self) -> None:
        if self.isVisible():
            self.refresh()


def _create_cause_row(cause: CauseView) -> QFrame:
    frame = QFrame()
    frame.setProperty("ground", "accent" if cause.is_setter else "none")
    frame.setAccessibleName(f"{cause.time}: {cause.what}. {cause.source}")
    time = label(cause.time, "small", wrap=True, tip=cause.time_tooltip)
    time.setFixedWidth(fonts.scaled(104))
    what = label(cause.what, "strong" if cause.is_setter else "text", wrap=True, selectable=True)
    words = vbox(what, label(cause.source, "small"), spacing=0)
    line = hbox()
    line.addWidget(time)
    line.addLayout(words, 1)
    side, edge = fonts.scaled(8), fonts.scaled(4)
    line.setContentsMargins(side, edge, side, edge)
    frame.setLayout(line)
    return frame
