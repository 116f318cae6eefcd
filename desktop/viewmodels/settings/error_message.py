"""Errors as the sentences that stand beside their cause."""

from dataclasses import dataclass

from desktop.kit.errors import AppError


@dataclass(frozen=True)
class ErrorMessage:
    """What happened, what it means, what to do; all empty while there is none."""

    title: str = ""
    message: str = ""
    hint: str = ""

    def __bool__(self) -> bool:
        return bool(self.title)


NO_ERROR = ErrorMessage()


def to_error_message(error: AppError) -> ErrorMessage:
    """Turn an error into its three sentences."""
    return ErrorMessage(error.title, error.message, error.hint)


def field_error_text(error: AppError) -> str:
    """Tell why a value was refused, in a sentence."""
    # The title names the field and the hint is its help: both stand right beside the sentence.
    return error.message or error.title
