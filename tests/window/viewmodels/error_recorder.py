"""Records what a task registry reports, and a read that fails."""

from collections.abc import Sequence

from desktop.kit.errors import AppError, StorageError


class ErrorRecorder:
    """Called with each error of a task."""

    def __init__(self) -> None:
        self.errors: list[AppError] = []

    def __call__(self, error: AppError) -> None:
        self.errors.append(error)

    async def fail(self, _keys: Sequence[int]) -> None:
        """Read nothing."""
        raise StorageError("It cannot be read.")
