"""Errors as the sentences that stand beside their cause."""

from dataclasses import dataclass

from desktop.kit.errors import AppError


@dataclass(frozen=True)
class Trouble:
    """What happened, what it means, what to do; all empty while there is none."""

    title: str = ""
    message: str = ""
    hint: str = ""

    def __bool__(self) -> bool:
        return bool(self.title)


NONE = Trouble()


def trouble_of(error: AppError) -> Trouble:
    """Turn an error into its three sentences."""
    return Trouble(error.title, error.message, error.hint)


def beside_field(error: AppError) -> str:
    """Tell a refused value in one line: the reason, then what to do."""
    # The table's own errors name the field, which stands right beside the sentence.
    reason = error.message or error.title
    return " ".join(part for part in (reason, error.hint) if part and part not in reason)
