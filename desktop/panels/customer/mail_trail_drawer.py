"""The drawer Did the mail go out?: the last e-mails, each with what became of it."""

from PySide6.QtWidgets import QFrame, QWidget

from desktop.panels.customer.explanation_drawer import ExplanationDrawer
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox, vbox
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.chip import Chip
from desktop.panels.widgets.label import label
from desktop.viewmodels.customer.mail_trail_model import MailRowView, MailTrailModel


class MailTrailDrawer(ExplanationDrawer):
    """The drawer Did the mail go out? as a widget of what Sailthru has told its model."""

    def __init__(self, model: MailTrailModel, host: QWidget) -> None:
        self._model = model
        self._note = label("", "muted", wrap=True)
        self.again_button = secondary_button("Ask again")
        super().__init__(
            "Did the mail go out?", host, model, self._note, buttons=(self.again_button,)
        )
        self.again_button.clicked.connect(model.begin)

    def refresh(self) -> None:
        """Draw the drawer Did the mail go out?: the e-mails that Sailthru has told of so far."""
        view = self._model.view()
        self._note.setText(view.note)
        self._note.setVisible(bool(view.note))
        self.show_answer(view.subtitle, view.error, [*map(_create_row, view.rows)], view.unknown)


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
