"""Disconnecting this workspace: a button that asks once, with what goes, stays and waits."""

import asyncio

from desktop.panels.parts.announce import announce
from desktop.panels.parts.banner import Banner
from desktop.panels.parts.button import danger
from desktop.panels.parts.card import Card
from desktop.panels.parts.dialog import ask
from desktop.panels.parts.label import label
from desktop.panels.setting_up.rows import note, row, show_trouble
from desktop.panels.theme import fonts
from desktop.viewmodels.setting_up.leaving import LeavingModel


class LeavingCard(Card):
    """Draws the card; nothing happens before the question is answered."""

    def __init__(self, model: LeavingModel) -> None:
        super().__init__("Disconnect this workspace")
        self._model = model
        self._asking: asyncio.Task[None] | None = None
        self._words = label("", wrap=True)
        self.leave = danger("Disconnect…", name="Disconnect this workspace…")
        self._banner = Banner()
        self._banner.hide()
        self._told = note()
        self._told.hide()
        self.body.setSpacing(fonts.scaled(6))
        self.add(row(self._words, self.leave))
        self.add(self._told)
        self.add(self._banner)
        self.leave.clicked.connect(self._on_leave)
        model.changed.connect(self._on_changed)
        model.told.connect(self._on_told)
        self._on_changed()

    def _on_changed(self) -> None:
        view = self._model.view()
        words = "Forget this Zendesk and Sailthru account on this computer."
        self._words.setText(view.busy or (words if view.connected else "No account is connected."))
        self.leave.setVisible(view.connected)
        self.leave.set_enabled(not view.busy and not view.why_not, view.busy or view.why_not)
        show_trouble(self._banner, view.trouble)

    def _on_told(self, words: str) -> None:
        self._told.setText(words)
        self._told.show()
        announce(self, words)

    def _on_leave(self) -> None:
        self._asking = asyncio.get_running_loop().create_task(self._ask())

    async def _ask(self) -> None:
        view = self._model.view()
        sure = await ask(
            self.window(),
            "Disconnect this workspace?",
            " ".join(part for part in (view.goes, view.waits) if part),
            detail=view.stays,
            confirm="Disconnect",
            cancel="Cancel",
            dangerous=True,
        )
        if sure:
            self._model.leave()
