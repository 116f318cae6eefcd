"""Card with the customers kept on this computer: how many, how long, where, and deleting them."""

import asyncio

from desktop.panels.settings.settings_card import SettingsCard
from desktop.panels.settings.settings_form import SettingsForm
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import danger_button
from desktop.panels.widgets.confirmation_dialog import ask_confirmation
from desktop.panels.widgets.label import label
from desktop.settings import settings_table
from desktop.viewmodels.settings.local_data_model import LocalDataModel
from desktop.viewmodels.settings.settings_form_model import SettingsFormModel


class LocalDataCard(SettingsCard):
    """Deleting asks once, with the number of customers."""

    def __init__(self, model: LocalDataModel, form: SettingsFormModel) -> None:
        super().__init__("Data on this computer", spacing=6)
        self._model = model
        self._confirm_task: asyncio.Task[None] | None = None
        self.form = SettingsForm(form, (settings_table.CACHE_DAYS.key,))
        self._kept_count_label = label("", wrap=True)
        self.delete_button = danger_button("Delete them…", name="Delete the customers kept here…")
        self.add_rows(
            self.form,
            hbox(self._kept_count_label, self.delete_button),
            self.result_note,
            self.error_banner,
            label("What is kept where", "title"),
        )
        for place in model.view().places:
            self.add(label(place.description, wrap=True))
            self.add(label(place.location, "note", wrap=True, selectable=True))
        self.delete_button.clicked.connect(self._on_delete)
        model.changed.connect(self._on_changed)
        model.message_posted.connect(self.show_result)
        self._on_changed()

    def _on_changed(self) -> None:
        view = self._model.view()
        self._kept_count_label.setText(view.count_text)
        self.delete_button.setVisible(bool(view.count))
        self.show_error(view.error)

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
