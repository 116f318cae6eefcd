"""Sentences for errors the system reports before anything was sent."""

import errno
import socket
import ssl

import pytest

from desktop.clients.connection_errors import unreachable_error


def wrapped(cause: BaseException) -> OSError:
    """As httpx hands errors on: inside others, and in groups when several addresses failed."""
    outer = OSError("All connection attempts failed")
    outer.__cause__ = ExceptionGroup("several", [ValueError("x"), OSError("y")])
    outer.__context__ = cause
    cause.__context__ = outer
    return outer


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (socket.gaierror(-2, "canary.example not known"), "was not found"),
        (ConnectionRefusedError(111, "canary"), "does not accept"),
        (OSError(errno.ENETUNREACH, "canary"), "no way"),
        (OSError(errno.EHOSTUNREACH, "canary"), "no way"),
        (ssl.SSLCertVerificationError("canary"), "certificate was refused"),
        (ssl.SSLError("canary"), "secure connection"),
        (OSError(errno.EMFILE, "canary"), "cannot be reached"),
    ],
)
def test_connection_error_cause_has_its_message(cause: OSError, words: str) -> None:
    if isinstance(cause, ssl.SSLCertVerificationError):
        cause.verify_code = 20
    told = unreachable_error("Zendesk", wrapped(cause))
    assert words in told.title
    assert "canary" not in str(told)
    assert told.hint
