"""Card that tests every connection and permission, one line for each test."""

from desktop.panels.settings.connection_check_list import ConnectionCheckList
from desktop.panels.settings.settings_card import SettingsCard
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.label import label
from desktop.viewmodels.settings.connection_test_model import ConnectionTestModel

_INTRO = "Reaches each service, signs in and tries what Fairlead needs. Writes nothing."


class ConnectionTestCard(SettingsCard):
    """Widget of the card “Test connections”: a button, and the checks as they end."""

    def __init__(self, model: ConnectionTestModel) -> None:
        super().__init__("Test connections")
        self._model = model
        self.test_button = secondary_button("Test all connections", name="Test all connections")
        self.check_list = ConnectionCheckList("Test of all connections")
        self.add_rows(
            label(_INTRO, wrap=True), hbox(self.test_button, 1), self.error_banner, self.check_list
        )
        self.test_button.clicked.connect(model.start_test)
        model.changed.connect(self._on_changed)
        self._on_changed()

    def _on_changed(self) -> None:
        view = self._model.view()
        self.set_note(view.note, view.note_tone)
        self.test_button.set_enabled(not view.is_busy, "The test is running.")
        self.show_error(view.error)
        self.check_list.set_checks(view.checks)
