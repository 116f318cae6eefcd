"""One tested thing: what was tested, whether it works, what that means, what to do."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from desktop.kit.errors import AppError
from desktop.model.json_value import Json


@dataclass(frozen=True)
class ConnectionCheck:
    """`needed` is false for what the app can live without; `letter` is a text to send."""

    name: str
    is_ok: bool
    detail: str = ""
    hint: str = ""
    is_needed: bool = True
    support_text: str = ""

    def as_json(self) -> dict[str, Json]:
        """As in `--json`."""
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
    """Collects checks, and tells each as it is done: a wizard shows them one by one."""

    def __init__(self, on_check: OnCheck | None = None) -> None:
        self._on_check = on_check
        self._done: list[ConnectionCheck] = []

    def add(self, check: ConnectionCheck) -> ConnectionCheck:
        """One more is done."""
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
        """Add a `ConnectionCheck` of these fields."""
        self.add(ConnectionCheck(name, is_ok, detail, hint, is_needed, support_text))

    def report_error(self, name: str, error: AppError, *, is_needed: bool = True) -> None:
        """Add a check that did not pass because of `error`."""
        detail = " ".join(part for part in (error.title, error.message) if part)
        self.add(ConnectionCheck(name, False, detail, error.hint, is_needed))

    def results(self) -> tuple[ConnectionCheck, ...]:
        """All of them, in order."""
        return tuple(self._done)


def are_needed_checks_ok(checks: Iterable[ConnectionCheck]) -> bool:
    """Whether everything that is needed works."""
    return all(check.is_ok or not check.is_needed for check in checks)
