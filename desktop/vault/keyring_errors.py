"""Why the keyring cannot be used; both are NoKeyring to whoever does not care which.

NoKeyring
├─ KeyringLocked   it is there, and waits for its password
└─ KeyringSilent   it does not answer in time
"""

from desktop.kit.errors import KeyringError

_SETUP_HINT = (
    "Install and unlock gnome-keyring or KWallet; on a server set FAIRLEAD_SAILTHRU_KEY, "
    "FAIRLEAD_SAILTHRU_SECRET, FAIRLEAD_ZENDESK_EMAIL and FAIRLEAD_ZENDESK_TOKEN instead."
)


class KeyringLocked(KeyringError):
    """The keyring waits for its password."""


class KeyringTimeout(KeyringError):
    """The keyring does not answer."""


def no_keyring_error(why: str) -> KeyringError:
    """Say that there is no keyring that keeps secrets safely."""
    return KeyringError(
        "There is no keyring to keep the keys in.",
        f"{why} Fairlead never writes keys to a plain file.",
        _SETUP_HINT,
    )


def keyring_locked_error() -> KeyringLocked:
    """Say that the keyring is locked."""
    return KeyringLocked(
        "The keyring is locked.",
        "Until it is unlocked Fairlead cannot read its keys; what waits is kept.",
        "Unlock it with its password (often your login's) and try again.",
    )


def keyring_timeout_error(limit_s: float) -> KeyringTimeout:
    """Say that the keyring takes too long."""
    return KeyringTimeout(
        f"The keyring has not answered for {limit_s:g} seconds.",
        "It may be asking for its password in another window, or hang.",
        "Answer it or restart it, then try again.",
    )


def secret_not_kept_error(words: str) -> KeyringError:
    """Say that the keyring did not keep what it was given."""
    return KeyringError(
        f"The keyring did not keep the {words}.",
        "It reported no error, and gave back something else.",
        _SETUP_HINT,
    )
