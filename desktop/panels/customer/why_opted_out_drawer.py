"""The drawer Why opted out?: the answer, what happened in order, and what cannot be known."""

from PySide6.QtWidgets import QFrame, QWidget

from desktop.panels.customer.bounce_repair_section import BounceRepairSection
from desktop.panels.customer.explanation_drawer import ExplanationDrawer
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox, vbox
from desktop.panels.widgets.label import label
from desktop.viewmodels.customer.why_opted_out_model import CauseView, WhyOptedOutModel


class WhyOptedOutDrawer(ExplanationDrawer):
    """The drawer Why opted out? as a widget of what its model has collected."""

    def __init__(self, model: WhyOptedOutModel, host: QWidget) -> None:
        self._model = model
        self._answer = label("", "strong", wrap=True, selectable=True)
        self.repair_section = BounceRepairSection()
        super().__init__(
            "Why opted out?", host, model, self._answer, above_rows=(self.repair_section,)
        )
        self.repair_section.repair_button.clicked.connect(model.repair)
        self.repair_section.give_up_button.clicked.connect(model.give_up_repair)

    def refresh(self) -> None:
        """Draw the drawer Why opted out?: the answer and the causes collected so far."""
        view = self._model.view()
        self._answer.setText(view.answer)
        self.repair_section.show_repair(view.repair)
        rows = [_create_cause_row(cause) for cause in view.causes]
        self.show_answer(view.subtitle, view.error, rows, view.unknown)


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
