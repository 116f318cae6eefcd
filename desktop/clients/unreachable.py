"""Why a service could not be reached, in sentences; told by the operating system's own errors."""

import errno
import socket
import ssl
from collections.abc import Iterator

from desktop.kit.errors import Offline, TimedOut

_HINT = "It is tried again; check the network if it stays so."
# OpenSSL's X509_V_ERR_* numbers, as SSLCertVerificationError.verify_code.
_EXPIRED, _SELF_SIGNED, _SELF_SIGNED_IN_CHAIN, _HOSTNAME, _IP_ADDRESS = 10, 18, 19, 62, 64
_NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN)


def explain_offline(service: str, error: BaseException) -> Offline:
    """The Offline that fits an error met before anything was sent."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Offline(
                f"{service}’s certificate was refused.",
                _certificate(cause),
                "Check the network and the clock; a company proxy needs its CA file set up.",
            )
        if isinstance(cause, ssl.SSLError):
            return Offline(
                f"No secure connection to {service}.",
                "The other side does not speak TLS 1.2 or newer.",
                "Check the address, or whether a proxy stands in between.",
            )
        if isinstance(cause, socket.gaierror):
            return Offline(
                f"{service} was not found.", "The network does not know its name.", _HINT
            )
        if isinstance(cause, ConnectionRefusedError):
            return Offline(f"{service} does not accept connections.", "It refused the call.", _HINT)
        if isinstance(cause, OSError) and cause.errno in _NO_WAY:
            return Offline(f"There is no way to {service}.", "The network seems to be off.", _HINT)
    return Offline(f"{service} cannot be reached.", "The connection could not be opened.", _HINT)


def proxy_refused(service: str, said: str) -> Offline:
    """A proxy on the way did not let the request through; `said` begins with its status."""
    if said.strip().startswith("407"):
        return Offline(
            f"A proxy keeps {service} away.",
            "The proxy wants to know who you are (407).",
            "Put name and password into the proxy’s address, or ask your administrator.",
        )
    return Offline(
        f"A proxy keeps {service} away.", "The proxy refused the connection.", "Check its settings."
    )


def connect_timed_out(service: str) -> Offline:
    """Nobody answered the call."""
    return Offline(f"{service} does not answer.", "No connection was made in time.", _HINT)


def pool_exhausted(service: str) -> Offline:
    """All our connections were busy for too long."""
    return Offline(
        f"Too many calls to {service} at once.", "This one had to wait too long.", "Try it again."
    )


def closed(service: str) -> Offline:
    """We have hung up ourselves."""
    return Offline(f"The connection to {service} is closed.", "Nothing was sent.", "Start again.")


def no_answer(service: str) -> TimedOut:
    """Sent, and silence."""
    return TimedOut(f"{service} took too long.", "The request was sent; no answer came.", _HINT)


def broken_off(service: str) -> TimedOut:
    """Sent, and the connection ended before the whole answer had come."""
    return TimedOut(
        f"{service}’s answer broke off.", "The connection ended before all of it came.", _HINT
    )


def _certificate(error: ssl.SSLCertVerificationError) -> str:
    code = error.verify_code
    if code == _EXPIRED:
        return "It has expired, or this computer’s clock is wrong."
    if code in (_HOSTNAME, _IP_ADDRESS):
        return "It belongs to another host."
    if code in (_SELF_SIGNED, _SELF_SIGNED_IN_CHAIN):
        return "It was signed by nobody this computer trusts."
    return "This computer does not trust it."


def _causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and what led to it, groups included, each once."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            waiting.extend(current.exceptions)
        waiting.extend(c for c in (current.__cause__, current.__context__) if c is not None)
