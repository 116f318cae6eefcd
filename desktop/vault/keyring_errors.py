"""The errors of the operating system's keyring, with what a person can do about each.

KeyringError
├─ KeyringLocked   it is there, and waits for its password
└─ KeyringTimeout   it does not answer in time
"""

from desktop.kit.errors import KeyringError

INSTALL_HINT = "Install and unlock gnome-keyring or KWallet; on a server set {variables} instead."
_SETUP_HINT = INSTALL_HINT.format(
    variables="FAIRLEAD_SAILTHRU_KEY, FAIRLEAD_SAILTHRU_SECRET, FAIRLEAD_ZENDESK_EMAIL and"
    " FAIRLEAD_ZENDESK_TOKEN"
)


class KeyringLocked(KeyringError):
    """The error for a keyring that waits for its password."""


class KeyringTimeout(KeyringError):
    """The error for a keyring that does not answer in time."""


def no_keyring_error(reason: str) -> KeyringError:
    """Return the error for a computer without a keyring that keeps secrets safely."""
    return KeyringError(
        "There is no keyring to keep the keys in.",
        f"{reason} Fairlead never writes keys to a plain file.",
        _SETUP_HINT,
    )


def keyring_locked_error() -> KeyringLocked:
    """Return the error for a locked keyring."""
    return KeyringLocked(
        "The keyring is locked.",
        "Until it is unlocked Fairlead cannot read its keys; what waits is kept.",
        "Unlock it with its password (often your login's) and try again.",
    )


def keyring_timeout_error(limit_s: float) -> KeyringTimeout:
    """Return the error for a keyring that takes longer than `limit_s` seconds."""
    return KeyringTimeout(
        f"The keyring has not answered for {limit_s:g} seconds.",
        "It may be asking for its password in another window, or hang.",
        "Answer it or restart it, then try again.",
    )


def secret_not_kept_error(label: str) -> KeyringError:
    """Return the error for a keyring that gave back something else than was stored."""
    return KeyringError(
        f"The keyring did not keep the {label}.",
        "It reported no error, and gave back something else.",
        _SETUP_HINT,
    )
