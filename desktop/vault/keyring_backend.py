"""Reads and writes entries of the operating system's keyring, and refuses unsafe backends.

`keyring` is imported here alone, and late: it costs 150 ms.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from desktop.kit.errors import AppError, KeyringError
from desktop.vault.keyring_errors import (
    keyring_locked_error,
    no_keyring_error,
    secret_not_kept_error,
)
from desktop.vault.secret import Secret

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

# The operating systems' own keyrings, by name, and the chainer, whose parts are asked one by one.
# PYTHON_KEYRING_BACKEND and a keyringrc.cfg select any other class without a word, and no name
# tells whether it encrypts.
_ALLOWED_BACKENDS = frozenset({
    "keyring.backends.chainer.ChainerBackend",
    "keyring.backends.SecretService.Keyring",
    "keyring.backends.libsecret.Keyring",
    "keyring.backends.kwallet.DBusKeyring",
    "keyring.backends.kwallet.DBusKeyringKWallet4",
    "keyring.backends.macOS.Keyring",
    "keyring.backends.Windows.WinVaultKeyring",
})  # fmt: skip


class KeyringEntries:
    """The entries of one keyring service; each call may block on a password prompt."""

    def __init__(self, service: str) -> None:
        self._service = service

    def get(self, secret: Secret) -> str | None:
        """Read a secret's keyring entry, or None."""
        try:
            return _backend().get_password(self._service, secret.value)
        except Exception as error:
            raise _to_app_error(error) from error

    def set(self, secret: Secret, value: str) -> None:
        """Write a secret's keyring entry and read it back: some backends lose it silently."""
        try:
            backend = _backend()
            backend.set_password(self._service, secret.value, value)
            kept = backend.get_password(self._service, secret.value)
        except Exception as error:
            raise _to_app_error(error) from error
        if kept != value:
            raise secret_not_kept_error(secret.label)

    def delete(self, secret: Secret) -> None:
        """Delete a secret's keyring entry if there is one."""
        try:
            backend = _backend()
            # Asked first: what deleting a missing entry raises differs by backend.
            if backend.get_password(self._service, secret.value) is not None:
                backend.delete_password(self._service, secret.value)
        except Exception as error:
            raise _to_app_error(error) from error


def _backend() -> "KeyringBackend":
    import keyring

    backend = keyring.get_keyring()
    for part in _chained_backends(backend):
        reason = backend_refusal_reason(part)
        if reason:
            raise no_keyring_error(reason)
    return backend


def _chained_backends(backend: "KeyringBackend") -> Iterator[object]:
    # A chainer writes to the first that takes it and reads from all: each must be safe.
    yield backend
    if type(backend).__module__ == "keyring.backends.chainer":
        parts = tuple(getattr(backend, "backends", ()))
        if not parts:
            raise no_keyring_error("No keyring service is running for this session.")
        yield from parts


def backend_refusal_reason(backend: object) -> str:
    """Return why a keyring backend keeps no secret safe; empty: it may be used."""
    kind = type(backend)
    full = f"{kind.__module__}.{kind.__qualname__}"
    if kind.__module__ == "keyring.backends.fail":
        return "No keyring service is running for this session."
    if full in _ALLOWED_BACKENDS:
        return ""
    return f"The keyring backend {full} is not one of the operating system's own."


def _to_app_error(error: Exception) -> AppError:
    """Convert a keyring backend's exception; its text may hold a secret and is left out."""
    if isinstance(error, AppError):
        return error
    from keyring import errors

    # macOS and Secret Service raise KeyringLocked; a dismissed prompt comes as an InitError.
    if isinstance(error, errors.KeyringLocked) or _waits_for_password(error):
        return keyring_locked_error()
    if isinstance(error, errors.NoKeyringError | errors.InitError):
        return no_keyring_error("No keyring service is running for this session.")
    return KeyringError(
        "The keyring refused.",
        f"It reported {type(error).__name__}.",
        "See whether the keyring is unlocked and working, then try again.",
    )


def _waits_for_password(error: BaseException | None) -> bool:
    # A dismissed prompt arrives as an InitError; what it was is in the chain behind it.
    while error is not None:
        if type(error).__name__ in ("LockedException", "PromptDismissedException"):
            return True
        error = error.__cause__ or error.__context__
    return False
