"""Disconnecting this workspace: a button that asks once, with what goes, stays and waits."""

import asyncio

from desktop.panels.settings.card_layout import control_row, show_error_banner, small_note
from desktop.panels.theme import fonts
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.button import danger_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.confirmation_dialog import ask_confirmation
from desktop.panels.widgets.label import label
from desktop.panels.widgets.screen_reader import announce
from desktop.viewmodels.settings.disconnect_model import DisconnectModel


class DisconnectCard(Card):
    """Draws the card; nothing happens before the question is answered."""

    def __init__(self, model: DisconnectModel) -> None:
        super().__init__("Disconnect this workspace")
        self._model = model
        self._confirm_task: asyncio.Task[None] | None = None
        self._words = label("", wrap=True)
        self.disconnect_button = danger_button("Disconnect…", name="Disconnect this workspace…")
        self._banner = Banner()
        self._banner.hide()
        self._result_note = small_note()
        self._result_note.hide()
        self.body.setSpacing(fonts.scaled(6))
        self.add(control_row(self._words, self.disconnect_button))
        self.add(self._result_note)
        self.add(self._banner)
        self.disconnect_button.clicked.connect(self._on_disconnect)
        model.changed.connect(self._on_changed)
        model.message_posted.connect(self._on_announced)
        self._on_changed()

    def _on_changed(self) -> None:
        view = self._model.view()
        words = "Forget this Zendesk and Sailthru account on this computer."
        self._words.setText(
            view.busy_text or (words if view.can_disconnect else "No account is connected.")
        )
        self.disconnect_button.setVisible(view.can_disconnect)
        self.disconnect_button.set_enabled(
            not view.busy_text and not view.disabled_reason, view.busy_text or view.disabled_reason
        )
        show_error_banner(self._banner, view.error)

    def _on_announced(self, words: str) -> None:
        self._result_note.setText(words)
        self._result_note.show()
        announce(self, words)

    def _on_disconnect(self) -> None:
        self._confirm_task = asyncio.get_running_loop().create_task(self._confirm_disconnect())

    async def _confirm_disconnect(self) -> None:
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
