"""Base of the models of cards that connect a service: moving to another account is asked first."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import Signal

from desktop.clients.service_errors import SIGN_IN_HINTS
from desktop.connect.account_move import AccountMoveNeeded
from desktop.connect.connection_check import ConnectionCheck
from desktop.viewmodels.settings.card_model import CardModel
from desktop.viewmodels.settings.error_message import NO_ERROR, ErrorMessage

# Connects; told whether what is kept for the former account may be dropped.
ConnectAct = Callable[[bool], Coroutine[Any, Any, None]]


class ConnectingCardModel(CardModel):
    """A connecting card's model; `account_move_asked` says what a move drops, before it.

    `field_errors` are sentences by the path of a field; `input_refused` carries the first path.
    """

    account_move_asked = Signal(str)
    input_refused = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._start_again: Callable[[], None] | None = None
        self._checks: list[ConnectionCheck] = []
        self.field_errors: dict[str, str] = {}

    def move_account(self) -> None:
        """Connect the connecting card's other account after all; the person has been asked."""
        start, self._start_again = self._start_again, None
        if start is not None:
            start()

    def clear_field_error(self, path: str) -> None:
        """Clear a connecting card's sentence at a field: somebody types in it."""
        if self.field_errors.pop(path, ""):
            self.changed.emit()

    def _has_field_errors(self, **errors: str) -> bool:
        """Show on a connecting card what is wrong at which field; True if anything is."""
        self.field_errors = {path: error for path, error in errors.items() if error}
        if not self.field_errors:
            return False
        self._error, self._checks = NO_ERROR, []
        self.changed.emit()
        self.input_refused.emit(next(iter(self.field_errors)))
        return True

    def _show_failed_check(self, checks: Sequence[ConnectionCheck], sign_in_hint: str) -> None:
        """Say on a connecting card by the first failed check why nothing was saved.

        `sign_in_hint` says what to do where the credentials were refused.
        """
        failed = next((c for c in checks if c.is_needed and not c.is_ok), None)
        if failed is None:
            self._error = ErrorMessage("Nothing was saved.", "See below what did not work.")
        else:
            is_refused = failed.hint in SIGN_IN_HINTS.values()
            title = failed.detail or f"{failed.name} does not work."
            hint = sign_in_hint if is_refused else failed.hint
            self._error = ErrorMessage(title, "Nothing was saved.", hint)
            # The sentence stands in the banner; the list says at which step it was.
            self._checks = [
                replace(c, detail="", hint="") if c is failed else c for c in self._checks
            ]
        self._finish_work()

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
