"""One tested thing: what was tested, whether it works, what that means, what to do."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from desktop.kit.errors import AppError
from desktop.model.json_value import Json


@dataclass(frozen=True)
class Check:
    """`needed` is false for what the app can live without; `letter` is a text to send."""

    name: str
    ok: bool
    detail: str = ""
    hint: str = ""
    needed: bool = True
    letter: str = ""

    def as_json(self) -> dict[str, Json]:
        """As in `--json`."""
        return {
            "name": self.name,
            "ok": self.ok,
            "needed": self.needed,
            "detail": self.detail,
            "hint": self.hint,
            "letter": self.letter,
        }


OnCheck = Callable[[Check], None]


class Checks:
    """Collects checks, and tells each as it is done: a wizard shows them one by one."""

    def __init__(self, on_check: OnCheck | None = None) -> None:
        self._on_check = on_check
        self._done: list[Check] = []

    def add(self, check: Check) -> Check:
        """One more is done."""
        self._done.append(check)
        if self._on_check is not None:
            self._on_check(check)
        return check

    def done(self) -> tuple[Check, ...]:
        """All of them, in order."""
        return tuple(self._done)


def all_well(checks: Iterable[Check]) -> bool:
    """Whether everything that is needed works."""
    return all(check.ok or not check.needed for check in checks)


def failed(name: str, error: AppError, *, needed: bool = True, letter: str = "") -> Check:
    """Turn an error into a check that did not pass."""
    detail = " ".join(part for part in (error.title, error.message) if part)
    return Check(name, False, detail, error.hint, needed, letter)
