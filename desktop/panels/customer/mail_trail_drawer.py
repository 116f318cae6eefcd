"""The drawer Did the mail go out?: the last e-mails, each with what became of it."""

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from desktop.panels.customer.unknown_part import add_unknown
from desktop.panels.theme import fonts
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.box_layout import delete_widget, hbox, vbox
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.chip import Chip
from desktop.panels.widgets.drawer import Drawer
from desktop.panels.widgets.label import label
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.viewmodels.customer.mail_trail_model import MailRowView, MailTrailModel

_WIDTH = 560  # px of the design


class MailTrailDrawer(Drawer):
    """The drawer Did the mail go out? as a widget of what Sailthru has told its model."""

    def __init__(self, model: MailTrailModel, host: QWidget) -> None:
        super().__init__("Did the mail go out?", host, width=_WIDTH)
        self._model = model
        self._banner = Banner()
        self._note = label("", "muted", wrap=True)
        self._rows: QWidget | None = None
        self._rows_place = QVBoxLayout()
        inside = QWidget()
        column = vbox(self._rows_place, spacing=0)
        column.addStretch(1)
        inside.setLayout(column)
        self.again_button = secondary_button("Ask again")
        self.done_button = secondary_button("Close")
        self.body.setSpacing(fonts.scaled(12))
        self.body.addWidget(self._banner)
        self.body.addWidget(self._note)
        self.body.addWidget(wrap_in_scroll_area(inside, bar_beside=True), 1)
        self.body.addLayout(hbox(1, self.again_button, self.done_button))
        model.changed.connect(self._on_changed)
        self.again_button.clicked.connect(model.begin)
        self.done_button.clicked.connect(self.slide_out)
        self.close_requested.connect(self.slide_out)

    def open_for_customer(self) -> None:
        """Slide the drawer Did the mail go out? in for the customer on the sheet."""
        self._model.begin()
        self.refresh()
        self.slide_in()
        self.done_button.setFocus()

    def refresh(self) -> None:
        """Draw the drawer Did the mail go out?: the e-mails that Sailthru has told of so far."""
        view = self._model.view()
        self.subtitle_label.setText(view.subtitle)
        self._banner.setVisible(bool(view.error))
        if view.error:
            self._banner.show_message("bad", view.error)
        self._note.setText(view.note)
        self._note.setVisible(bool(view.note))
        if self._rows is not None:
            delete_widget(self._rows)
        self._rows = QWidget()
        column = vbox(*map(_create_row, view.rows), spacing=10)
        add_unknown(column, view.unknown)
        self._rows.setLayout(column)
        self._rows_place.addWidget(self._rows)

    def _on_changed(self) -> None:
        if self.isVisible():
            self.refresh()


def _create_row(row: MailRowView) -> QFrame:
    frame = QFrame()
    frame.setAccessibleName(f"{row.time}: {row.name}. {row.outcome}. {row.detail}")
    time = label(row.time, "small", wrap=True, tip=row.time_tooltip)
    time.setFixedWidth(fonts.scaled(104))
    words = vbox(
        label(row.name, wrap=True, selectable=True),
        label(row.detail, "small", wrap=True),
        spacing=0,
    )
    line = hbox()
    line.addWidget(time)
    line.addLayout(words, 1)
    line.addWidget(Chip(row.outcome, row.tone))
    frame.setLayout(line)
    return frame
