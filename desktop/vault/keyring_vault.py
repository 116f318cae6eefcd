"""The vault in the operating system's keyring, asked in a thread with a time limit."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from desktop.kit.errors import AppError, InternalError
from desktop.kit.log_redaction import Redactor
from desktop.vault.keyring_backend import KeyringEntries
from desktop.vault.keyring_errors import keyring_timeout_error
from desktop.vault.secret import Secret, validate_secret

T = TypeVar("T")
# Seconds. A person needs some for the password, and a hanging D-Bus service never answers.
KEYRING_TIMEOUT_S = 10.0


class KeyringEntryStore(Protocol):
    """The blocking calls of `KeyringEntries`, as a protocol that tests replace."""

    def get(self, secret: Secret) -> str | None:
        """Read a secret's keyring entry, blocking, or None."""
        ...

    def set(self, secret: Secret, value: str) -> None:
        """Store a secret's keyring entry, blocking."""
        ...

    def delete(self, secret: Secret) -> None:
        """Delete a secret's keyring entry, blocking."""
        ...


class KeyringVault:
    """The vault of one workspace, under its keyring service `fairlead:<id>`."""

    def __init__(
        self,
        service: str,
        redactor: Redactor | None = None,
        *,
        limit_s: float = KEYRING_TIMEOUT_S,
        entries: KeyringEntryStore | None = None,
    ) -> None:
        self._service = service
        self._entries = entries or KeyringEntries(service)
        self._redactor = redactor or Redactor()
        self._limit_s = limit_s
        self._thread: threading.Thread | None = None
        self._has_timed_out = False
        # One call at a time: keyring services show one password prompt, not four.
        self._turn = asyncio.Lock()

    @property
    def location_label(self) -> str:
        """Where the keyring's vault keeps secrets, naming the keyring service."""
        where = "in the operating system's keyring, under {service}"
        return where.format(service=self._service)

    async def get(self, secret: Secret) -> str | None:
        """Return a secret from the keyring, or None. Raises KeyringError."""
        found = await self._call_with_timeout(lambda: self._entries.get(secret))
        if found and not secret.is_address:
            self._redactor.add_secrets(found)
        return found or None

    async def set(self, secret: Secret, value: str) -> None:
        """Store a secret in the keyring and read it back. Raises InvalidInput, KeyringError."""
        kept = validate_secret(secret, value)
        if not secret.is_address:
            self._redactor.add_secrets(kept)
        await self._call_with_timeout(lambda: self._entries.set(secret, kept))

    async def delete(self, secret: Secret) -> None:
        """Delete a secret from the keyring, in a thread."""
        await self._call_with_timeout(lambda: self._entries.delete(secret))

    async def _call_with_timeout(self, call: Callable[[], T]) -> T:
        async with self._turn:
            await self._wait_for_previous_call()
            loop = asyncio.get_running_loop()
            answer: asyncio.Future[T] = loop.create_future()
            # A thread of its own, as a daemon: the loop's executor would wait for a hanging
            # keyring when the app quits.
            self._thread = threading.Thread(
                target=_call_in_thread, args=(call, loop, answer), name="keyring", daemon=True
            )
            self._thread.start()
            try:
                return await asyncio.wait_for(answer, self._limit_s)
            except TimeoutError:
                self._has_timed_out = True
                raise keyring_timeout_error(self._limit_s) from None

    async def _wait_for_previous_call(self) -> None:
        """Wait for a keyring call whose caller was cancelled; refused once that has timed out."""
        if self._thread is None:
            return
        until = time.monotonic() + self._limit_s
        while self._thread.is_alive():
            if self._has_timed_out or time.monotonic() >= until:
                raise keyring_timeout_error(self._limit_s)
            await asyncio.sleep(0.005)
        self._has_timed_out = False


def _call_in_thread(
    call: Callable[[], T], loop: asyncio.AbstractEventLoop, answer: "asyncio.Future[T]"
) -> None:
    result: T | None = None
    failure: AppError | None = None
    try:
        result = call()
    except AppError as error:
        failure = error
    except Exception as error:  # noqa: BLE001 - a thread's last resort
        failure = InternalError("The keyring could not be asked.", type(error).__name__)

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
