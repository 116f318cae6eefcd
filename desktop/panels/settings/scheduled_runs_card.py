"""Card that says whether this computer runs due syncs, also while Fairlead is closed."""

from desktop.panels.settings.settings_card import SettingsCard
from desktop.panels.settings.settings_form import SettingsForm
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.label import label
from desktop.settings import sync_settings
from desktop.viewmodels.settings.settings_form_model import SettingsFormModel
from desktop.viewmodels.settings.system_timer_model import SystemTimerModel


class ScheduledRunsCard(SettingsCard):
    """Widget of the due-runs card: this computer's switch, and the system timer's button."""

    def __init__(self, model: SystemTimerModel, form: SettingsFormModel) -> None:
        super().__init__("Scheduled syncs")
        self._model = model
        self.form = SettingsForm(form, (sync_settings.RUN_DUE_SYNCS_HERE.key,))
        self._status_label = label("", wrap=True)
        self.timer_button = secondary_button(
            "Run also when closed", name="Run syncs also when closed"
        )
        self.add_rows(
            self.form,
            hbox(self._status_label, self.timer_button),
            self.result_note,
            self.error_banner,
        )
        self.timer_button.clicked.connect(model.toggle_installed)
        model.changed.connect(self._on_changed)
        model.message_posted.connect(self.show_result)
        self._on_changed()

    def _on_changed(self) -> None:
        view = self._model.view()
        self._status_label.setVisible(self._model.is_available)
        self.timer_button.setVisible(self._model.is_available)
        self._status_label.setText(view.status_text)
        self.timer_button.set_text(view.action_label)
        self.timer_button.set_enabled(not view.disabled_reason, view.disabled_reason)
        self.show_error(view.error)
