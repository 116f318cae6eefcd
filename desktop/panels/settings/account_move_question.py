"""The question before a workspace is moved to another account, asked over a connection card."""

import asyncio

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from desktop.panels.widgets.confirmation_dialog import ask_confirmation
from desktop.viewmodels.settings.connecting_card_model import ConnectingCardModel


class AccountMoveQuestion(QObject):
    """Dialog for the model's question what an account move drops; yes connects after all."""

    def __init__(self, model: ConnectingCardModel, card: QWidget) -> None:
        super().__init__(card)
        self._model = model
        self._card = card
        self.task: asyncio.Task[None] | None = None
        model.account_move_asked.connect(self._on_asked)

    def _on_asked(self, text: str) -> None:
        self.task = asyncio.get_running_loop().create_task(self._ask(text))

    async def _ask(self, text: str) -> None:
        sure = await ask_confirmation(
            self._card.window(),
            "Move this workspace to another account?",
            text,
            detail="To keep it, cancel and deliver what waits first, or set the other account up"
            " in a workspace of its own.",
            confirm="Drop it and move",
            cancel="Cancel",
            dangerous=True,
        )
        if sure:
            self._model.move_account()
