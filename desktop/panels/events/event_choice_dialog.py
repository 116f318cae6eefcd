"""Dialogs about delivered events, by source and period: send them again, or set them back."""

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from desktop.panels.activity_period_filter import ActivityPeriodFilter
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import danger_button, primary_button, secondary_button
from desktop.panels.widgets.check_box import CheckBox
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.label import label
from desktop.panels.widgets.scrolling_dialog import ScrollingDialog
from desktop.viewmodels.activity.activity_period import ActivityTimes
from desktop.viewmodels.events.event_choice_model import EventChoiceModel
from desktop.viewmodels.events.event_replay_model import EventReplayModel
from desktop.viewmodels.events.event_rollback_model import EventRollbackModel


class EventChoiceDialog(ScrollingDialog):
    """Asks which delivered events; nothing is done before the button that counts them.

    `button_text` holds `{}` where the count goes.
    """

    def __init__(
        self,
        model: EventChoiceModel,
        sources: Sequence[str],
        parent: QWidget | None = None,
        *,
        title: str,
        intro: str,
        button_text: str,
        is_dangerous: bool = False,
    ) -> None:
        super().__init__(title, parent, width=520)
        self._model, self._button_text = model, button_text
        self.source_dropdown = DropdownField(
            "Of which source", [("", "All sources"), *((name, name) for name in sources)]
        )
        self.source_dropdown.allow_shrinking()
        self.source_dropdown.set_value(model.source)
        self.period_filter = ActivityPeriodFilter()
        self.summary_label = label("", wrap=True)
        self.warning_label = label("", tone="warn", wrap=True)
        self.rows_label = label("", "small", tone="text", wrap=True, selectable=True)
        self.cancel_button = secondary_button("Cancel")
        name = button_text.replace("{} ", "")
        make_button = danger_button if is_dangerous else primary_button
        self.send_button = make_button(name, name=name)
        for part in (
            label(intro, "muted", wrap=True),
            *(self.source_dropdown, self.period_filter, self.period_filter.days_row),
            *(self.summary_label, self.warning_label, self.rows_label),
        ):
            self.content.addWidget(part)
        self.content.addStretch(1)
        self.foot.addLayout(hbox(1, self.cancel_button, self.send_button))
        model.changed.connect(self.refresh)
        self.source_dropdown.chosen.connect(self._on_source)
        self.period_filter.chosen.connect(self._on_times)
        self.cancel_button.clicked.connect(self.reject)
        self.send_button.clicked.connect(self._on_send)
        self.period_filter.show_times(model.times)
        self.refresh()
        model.choose()

    def refresh(self) -> None:
        """Draw the delivered events that the chosen source and period hold."""
        model = self._model
        self.summary_label.setText(model.summary())
        self.summary_label.set_tone("bad" if model.error else "text")
        self.warning_label.setText(model.warning())
        self.warning_label.setVisible(bool(model.warning()))
        rows = model.rows()
        self.rows_label.setText("\n".join(rows))
        self.rows_label.setVisible(bool(rows))
        refusal = model.refusal()
        words = self._button_text.format(model.count_text).split()
        self.send_button.set_text(" ".join(words))
        self.send_button.set_enabled(not refusal, refusal)
        if self.isVisible():
            self.fit_height()

    def _on_source(self, name: str) -> None:
        self._model.choose(source=name)

    def _on_times(self, times: ActivityTimes) -> None:
        self._model.choose(times=times)

    def _on_send(self) -> None:
        self._model.send()
        self.accept()


class ReplayDialog(EventChoiceDialog):
    """Sends delivered events again, removals only where they are ticked."""

    def __init__(
        self, model: EventReplayModel, sources: Sequence[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(
            *(model, sources, parent),
            title="Send events again",
            intro="Each is planned against Zendesk as it is now: only what Zendesk lacks is sent.",
            button_text="Send {} again",
        )
        self._replay = model
        self.removals_box = CheckBox("Send removals too", name="Send removals too")
        self.content.insertWidget(self.content.count() - 1, self.removals_box)
        self.removals_box.chosen.connect(self._on_removals)

    def _on_removals(self, is_ticked: bool) -> None:
        self._replay.with_removals = is_ticked


class RollbackDialog(EventChoiceDialog):
    """Sets back what delivered events changed, where nobody changed it since."""

    def __init__(
        self, model: EventRollbackModel, sources: Sequence[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(
            *(model, sources, parent),
            title="Set events back",
            intro="Each field gets the value that it had before, where nobody changed it since; who"
            " was taken out of an organisation joins it again. “Send again…” does it once more.",
            button_text="Set back {}",
            is_dangerous=True,
        )
