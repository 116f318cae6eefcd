"""Dialog that clears delivered events by age, with the counts first."""

from PySide6.QtWidgets import QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import danger_button, secondary_button
from desktop.panels.widgets.label import label
from desktop.panels.widgets.number_field import NumberField
from desktop.panels.widgets.scrolling_dialog import ScrollingDialog
from desktop.viewmodels.events.event_clearing_model import EventClearingModel

_MAX_DAYS = 3_650


class ClearEventsDialog(ScrollingDialog):
    """Asks how old; the button counts what is cleared, which can't be undone."""

    def __init__(self, model: EventClearingModel, parent: QWidget | None = None) -> None:
        super().__init__("Clear delivered events", parent, width=460)
        self._model = model
        self.days_field = NumberField("Older than", 0, _MAX_DAYS, suffix=" days")
        self.days_field.setMaximumWidth(fonts.scaled(140))
        self.summary_label = label("", wrap=True)
        self.staying_label = label("", "muted", wrap=True)
        self.cancel_button = secondary_button("Keep them")
        self.clear_button = danger_button("Clear", name="Clear")
        intro = (
            "Their texts go from this computer: they can't be read, sent again or set back any"
            " more. Their ids stay, so that the same events are not delivered twice. Zendesk keeps"
            " what they did."
        )
        older = label("Older than")
        older.setBuddy(self.days_field)
        self.content.addWidget(label(intro, "muted", wrap=True))
        self.content.addLayout(hbox(older, self.days_field, 1))
        self.content.addWidget(self.summary_label)
        self.content.addWidget(self.staying_label)
        self.content.addStretch(1)
        self.foot.addLayout(hbox(1, self.cancel_button, self.clear_button))
        model.changed.connect(self.refresh)
        self.days_field.chosen.connect(model.choose)
        self.cancel_button.clicked.connect(self.reject)
        self.clear_button.clicked.connect(self._on_clear)
        model.choose()
        self.days_field.set_value(model.days)

    def refresh(self) -> None:
        """Draw how many delivered events the dialog would clear."""
        model = self._model
        self.summary_label.setText(model.summary())
        self.staying_label.setText(model.staying())
        self.staying_label.setVisible(bool(model.staying()))
        refusal = model.refusal()
        count = model.found.expired if model.found is not None else 0
        self.clear_button.set_text(f"Clear {count:,}" if count else "Clear")
        self.clear_button.set_enabled(not refusal, refusal)

    def _on_clear(self) -> None:
        self._model.clear()
        self.accept()
