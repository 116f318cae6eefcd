"""Change of a form's field that asks first: of several quick steps only the last one is meant."""

import asyncio
from collections.abc import Awaitable, Callable

# Asks whether to store the value; has stored it, or put the former one back, when it returns.
AskChange = Callable[[str, bool | int | str, Callable[[], bool]], Awaitable[None]]


class DebouncedChange:
    """Runs `ask` for the newest value of a field; it gets a test whether that is still wanted.

    `task` is what is under way, or was last.
    """

    def __init__(self, ask: AskChange) -> None:
        self._ask = ask
        self._wanted: tuple[str, bool | int | str] | None = None
        self.task: asyncio.Task[None] | None = None

    def want(self, key: str, value: bool | int | str) -> None:
        """Take a form's field as its latest value, by the field's key."""
        self._wanted = (key, value)
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while (wanted := self._wanted) is not None:

            def take(wanted: tuple[str, bool | int | str] = wanted) -> bool:
                """Whether nothing newer is wanted; if so, it is taken off."""
                if self._wanted != wanted:
                    return False
                self._wanted = None
                return True

            await self._ask(*wanted, take)
            if self._wanted == wanted:
                self._wanted = None
