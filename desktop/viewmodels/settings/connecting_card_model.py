"""Base of the models of cards that connect a service: moving to another account is asked first."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from PySide6.QtCore import Signal

from desktop.connect.account_move import AccountMoveNeeded
from desktop.viewmodels.settings.card_model import CardModel

# Connects; told whether what is kept for the former account may be dropped.
ConnectAct = Callable[[bool], Coroutine[Any, Any, None]]


class ConnectingCardModel(CardModel):
    """A connecting card's model; `account_move_asked` says what a move drops, before it."""

    account_move_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._start_again: Callable[[], None] | None = None

    def move_account(self) -> None:
        """Connect the connecting card's other account after all; the person has been asked."""
        start, self._start_again = self._start_again, None
        if start is not None:
            start()

    def _start_connecting(self, name: str, connect: ConnectAct, busy_text: str) -> None:
        self._start_work(name, self._connect_or_ask(name, connect, busy_text), busy_text)

    async def _connect_or_ask(self, name: str, connect: ConnectAct, busy_text: str) -> None:
        try:
            await connect(False)
        except AccountMoveNeeded as needed:
            self._start_again = partial(self._start_moving, name, connect, busy_text)
            self._finish_work()
            self.account_move_asked.emit(needed.message)

    def _start_moving(self, name: str, connect: ConnectAct, busy_text: str) -> None:
        self._start_work(name, connect(True), busy_text)
