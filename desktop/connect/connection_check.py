"""The result of one connection or permission check, and the collector of a series of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from desktop.clients.connection_errors import RETRIED_HINT
from desktop.clients.service_errors import RETRIED_LATER_HINT
from desktop.kit.errors import AppError
from desktop.model.json_value import Json

_HINTS_WITHOUT_RETRY = {
    RETRIED_HINT: "Check the address and this computer's network, then test again.",
    RETRIED_LATER_HINT: "Wait a moment, then test again.",
}


@dataclass(frozen=True)
class ConnectionCheck:
    """A connection check: name, outcome, meaning and hint; not each one is needed."""

    name: str
    is_ok: bool
    detail: str = ""
    hint: str = ""
    is_needed: bool = True
    support_text: str = ""

    def as_json(self) -> dict[str, Json]:
        """The connection check as JSON, an object of `checks`."""
        return {
            "name": self.name,
            "ok": self.is_ok,
            "needed": self.is_needed,
            "detail": self.detail,
            "hint": self.hint,
            "letter": self.support_text,
        }


OnCheck = Callable[[ConnectionCheck], None]


class CheckCollector:
    """Collects connection checks and reports each as it is done: a wizard shows them one by one."""

    def __init__(self, on_check: OnCheck | None = None) -> None:
        self._on_check = on_check
        self._done: list[ConnectionCheck] = []

    def add(self, check: ConnectionCheck) -> ConnectionCheck:
        """Add a finished connection check and report it."""
        self._done.append(check)
        if self._on_check is not None:
            self._on_check(check)
        return check

    def report(
        self,
        name: str,
        is_ok: bool,
        detail: str = "",
        hint: str = "",
        *,
        is_needed: bool = True,
        support_text: str = "",
    ) -> None:
        """Add a connection check of these fields and report it."""
        self.add(ConnectionCheck(name, is_ok, detail, hint, is_needed, support_text))

    def report_error(self, name: str, error: AppError, *, is_needed: bool = True) -> None:
        """Add a connection check that did not pass because of `error`."""
        detail = " ".join(part for part in (error.title, error.message) if part)
        # Nothing tries a check again by itself.
        hint = _HINTS_WITHOUT_RETRY.get(error.hint, error.hint)
        self.add(ConnectionCheck(name, False, detail, hint, is_needed))

    def results(self) -> tuple[ConnectionCheck, ...]:
        """Return all connection checks, in order."""
        return tuple(self._done)


def are_needed_checks_ok(checks: Iterable[ConnectionCheck]) -> bool:
    """Whether every needed connection check has passed."""
    return all(check.is_ok or not check.is_needed for check in checks)
