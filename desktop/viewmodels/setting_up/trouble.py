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
    """Tell why a value was refused, in a sentence."""
    # The title names the field and the hint is its help: both stand right beside the sentence.
    return error.message or error.title
