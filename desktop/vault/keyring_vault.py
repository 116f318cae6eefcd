"""Secrets in the operating system's keyring, asked in a thread with a time limit."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from desktop.kit.errors import AppError, Bug
from desktop.kit.redact import Redactor
from desktop.kit.text import translate
from desktop.vault.backend import Entries
from desktop.vault.errors import silent
from desktop.vault.secret import Secret, clean

T = TypeVar("T")
LIMIT_S = 10.0


class BlockingEntries(Protocol):
    """What `backend.Entries` does; every call may block."""

    def get(self, secret: Secret) -> str | None:
        """Give the entry, or None."""
        ...

    def set(self, secret: Secret, value: str) -> None:
        """Keep the entry."""
        ...

    def delete(self, secret: Secret) -> None:
        """Forget the entry."""
        ...


class KeyringVault:
    """The secrets of one workspace under its keyring service, `fairlead:<id>`."""

    def __init__(
        self,
        service: str,
        redactor: Redactor | None = None,
        *,
        limit_s: float = LIMIT_S,
        entries: BlockingEntries | None = None,
    ) -> None:
        self._service = service
        self._entries = entries or Entries(service)
        self._redactor = redactor or Redactor()
        self._limit_s = limit_s
        self._thread: threading.Thread | None = None
        self._silent = False
        # One call at a time: keyring services show one password prompt, not four.
        self._turn = asyncio.Lock()

    @property
    def words(self) -> str:
        """Where they are kept, for a person."""
        where = translate("Stored", "in the operating system's keyring, under {service}")
        return where.format(service=self._service)

    async def get(self, secret: Secret) -> str | None:
        """Give the secret, or None; NoKeyring when the keyring cannot be asked."""
        found = await self._ask(lambda: self._entries.get(secret))
        if found:
            self._redactor.learn(found)
        return found or None

    async def set(self, secret: Secret, value: str) -> None:
        """Keep the secret, read back; BadInput for an unusable one, NoKeyring otherwise."""
        kept = clean(secret, value)
        self._redactor.learn(kept)
        await self._ask(lambda: self._entries.set(secret, kept))

    async def delete(self, secret: Secret) -> None:
        """Forget the secret."""
        await self._ask(lambda: self._entries.delete(secret))

    async def _ask(self, call: Callable[[], T]) -> T:
        async with self._turn:
            await self._previous()
            loop = asyncio.get_running_loop()
            answer: asyncio.Future[T] = loop.create_future()
            # A thread of its own, as a daemon: the loop's executor would wait for a hanging
            # keyring when the app quits.
            self._thread = threading.Thread(
                target=_run, args=(call, loop, answer), name="keyring", daemon=True
            )
            self._thread.start()
            try:
                return await asyncio.wait_for(answer, self._limit_s)
            except TimeoutError:
                self._silent = True
                raise silent(self._limit_s) from None

    async def _previous(self) -> None:
        """Wait for a call whose asker was cancelled; one that was silent too long is refused."""
        if self._thread is None:
            return
        until = time.monotonic() + self._limit_s
        while self._thread.is_alive():
            if self._silent or time.monotonic() >= until:
                raise silent(self._limit_s)
            await asyncio.sleep(0.005)
        self._silent = False


def _run(
    call: Callable[[], T], loop: asyncio.AbstractEventLoop, answer: "asyncio.Future[T]"
) -> None:
    result: T | None = None
    failure: AppError | None = None
    try:
        result = call()
    except AppError as error:
        failure = error
    except Exception as error:  # noqa: BLE001 - a thread's last resort
        failure = Bug("The keyring could not be asked.", type(error).__name__)

    def settle() -> None:
        if answer.done():
            return
        if failure is not None:
            answer.set_exception(failure)
        else:
            answer.set_result(result)  # type: ignore[arg-type]  # set whenever nothing failed

    try:
        loop.call_soon_threadsafe(settle)
    except RuntimeError:
        # The loop is closed: nobody waits for the answer any more.
        return
