"""Error message on a card: the three sentences of an AppError that stand beside its cause."""

from dataclasses import dataclass

from desktop.kit.errors import AppError


@dataclass(frozen=True)
class ErrorMessage:
    """What a card says of an error: what happened, what it means, what to do; empty without one."""

    title: str = ""
    message: str = ""
    hint: str = ""

    def __bool__(self) -> bool:
        return bool(self.title)


NO_ERROR = ErrorMessage()


def to_error_message(error: AppError) -> ErrorMessage:
    """Convert an AppError into a card's title, message and hint."""
    return ErrorMessage(error.title, error.message, error.hint)


def field_error_text(error: AppError) -> str:
    """Return the sentence that says why a form field's value was refused."""
    # The title names the field and the hint is its help: both stand right beside the sentence.
    return error.message or error.title
