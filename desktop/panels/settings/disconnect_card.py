"""Card that disconnects this workspace, after one question that says what goes and what stays."""

import asyncio

from desktop.panels.settings.settings_card import SettingsCard
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import danger_button
from desktop.panels.widgets.confirmation_dialog import ask_confirmation
from desktop.panels.widgets.label import label
from desktop.viewmodels.settings.disconnect_model import DisconnectModel


class DisconnectCard(SettingsCard):
    """Widget of the disconnect card; nothing happens before its question is answered."""

    def __init__(self, model: DisconnectModel) -> None:
        super().__init__("Disconnect this workspace")
        self._model = model
        self._confirm_task: asyncio.Task[None] | None = None
        self._status_label = label("", wrap=True)
        self.disconnect_button = danger_button("Disconnect…", name="Disconnect this workspace…")
        self.add_rows(
            hbox(self._status_label, self.disconnect_button), self.result_note, self.error_banner
        )
        self.disconnect_button.clicked.connect(self._on_disconnect)
        model.changed.connect(self._on_changed)
        model.message_posted.connect(self.show_result)
        self._on_changed()

    def _on_changed(self) -> None:
        view = self._model.view()
        self._status_label.setText(view.status_text)
        self.disconnect_button.setVisible(view.can_disconnect)
        self.disconnect_button.set_enabled(not view.disabled_reason, view.disabled_reason)
        self.show_error(view.error)

    def _on_disconnect(self) -> None:
        self._confirm_task = asyncio.get_running_loop().create_task(self._confirm_disconnect())

    async def _confirm_disconnect(self) -> None:
        # Counted at this moment: the question says how many edits will wait.
        await self._model.count_open_edits()
        view = self._model.view()
        sure = await ask_confirmation(
            self.window(),
            "Disconnect this workspace?",
            " ".join(part for part in (view.removed_text, view.pending_edits_text) if part),
            detail=view.remains_text,
            confirm="Disconnect",
            cancel="Cancel",
            dangerous=True,
        )
        if sure:
            self._model.disconnect_services()
