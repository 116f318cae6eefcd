"""Data on this computer: whom it keeps, for how long, where; and forgetting them now."""

import asyncio

from desktop.panels.settings.card_layout import control_row, show_error_banner, small_note
from desktop.panels.settings.setting_row import SettingRow
from desktop.panels.theme import fonts
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.button import danger_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.confirmation_dialog import ask_confirmation
from desktop.panels.widgets.label import label
from desktop.settings import settings_table
from desktop.viewmodels.settings.local_data_model import LocalDataModel
from desktop.viewmodels.settings.settings_form_model import SettingsFormModel


class LocalDataCard(Card):
    """Draws the data card; deleting asks once, with the count."""

    def __init__(self, model: LocalDataModel, form: SettingsFormModel) -> None:
        super().__init__("Data on this computer")
        self._model = model
        self._confirm_task: asyncio.Task[None] | None = None
        self.setting_rows = [SettingRow(form, settings_table.CACHE_DAYS.key)]
        self._kept_count_label = label("", wrap=True)
        self.delete_button = danger_button("Delete them…", name="Delete the customers kept here…")
        self._banner = Banner()
        self._banner.hide()
        self._result_note = small_note()
        self.body.setSpacing(fonts.scaled(6))
        for field in self.setting_rows:
            self.add(field)
        self.add(control_row(self._kept_count_label, self.delete_button))
        self.add(self._result_note)
        self.add(self._banner)
        self.add(label("What is kept where", "title"))
        for place in model.view().places:
            self.add(label(place.description, wrap=True))
            self.add(label(place.location, "note", wrap=True, selectable=True))
        self.delete_button.clicked.connect(self._on_delete)
        model.changed.connect(self._on_changed)
        model.message_posted.connect(self._on_announced)
        self._result_note.hide()
        self._on_changed()

    def _on_changed(self) -> None:
        view = self._model.view()
        self._kept_count_label.setText(view.count_text)
        self.delete_button.setVisible(bool(view.count))
        show_error_banner(self._banner, view.error)

    def _on_announced(self, words: str) -> None:
        self._result_note.setText(words)
        self._result_note.show()

    def _on_delete(self) -> None:
        self._confirm_task = asyncio.get_running_loop().create_task(self._confirm_delete())

    async def _confirm_delete(self) -> None:
        sure = await ask_confirmation(
            self.window(),
            "Delete the customers kept here?",
            self._model.view().forget_question,
            confirm="Delete",
            cancel="Cancel",
            dangerous=True,
        )
        if sure:
            self._model.forget_customers()
