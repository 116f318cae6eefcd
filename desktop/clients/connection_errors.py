"""Turns HTTP connection failures (DNS, TLS, proxy, timeout) into `ServiceUnreachable` sentences."""

import errno
import socket
import ssl
from collections.abc import Iterator

from desktop.kit.errors import ResponseTimeout, ServiceUnreachable

RETRIED_HINT = "It is tried again; check the network if it stays so."
# OpenSSL's X509_V_ERR_* numbers, as SSLCertVerificationError.verify_code.
_EXPIRED, _SELF_SIGNED, _SELF_SIGNED_IN_CHAIN, _HOSTNAME, _IP_ADDRESS = 10, 18, 19, 62, 64
# Windows' Winsock errors are mapped to these names by Python.
_NETWORK_DOWN_ERRNOS = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN)


def unreachable_error(service: str, error: BaseException) -> ServiceUnreachable:
    """Return the error for a connection that failed before the HTTP request was sent."""
    for cause in _error_chain(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return ServiceUnreachable(
                f"{service}’s certificate was refused.",
                _certificate_reason(cause),
                "Check the network and the clock; a company proxy needs its CA file set up.",
            )
        if isinstance(cause, ssl.SSLError):
            return ServiceUnreachable(
                f"No secure connection to {service}.",
                "The other side does not speak TLS 1.2 or newer.",
                "Check the address, or whether a proxy stands in between.",
            )
        if isinstance(cause, socket.gaierror):
            return ServiceUnreachable(
                f"{service} was not found.", "The network does not know its name.", RETRIED_HINT
            )
        if isinstance(cause, ConnectionRefusedError):
            return ServiceUnreachable(
                f"{service} does not accept connections.", "It refused the call.", RETRIED_HINT
            )
        if isinstance(cause, OSError) and cause.errno in _NETWORK_DOWN_ERRNOS:
            return ServiceUnreachable(
                f"There is no way to {service}.", "The network seems to be off.", RETRIED_HINT
            )
    return ServiceUnreachable(
        f"{service} cannot be reached.", "The connection could not be opened.", RETRIED_HINT
    )


def proxy_error(service: str, reply: str) -> ServiceUnreachable:
    """Return the error for a proxy that refused the connection; `reply` begins with its status."""
    if reply.strip().startswith("407"):
        return ServiceUnreachable(
            f"A proxy keeps {service} away.",
            "The proxy wants to know who you are (407).",
            "Put name and password into the proxy’s address, or ask your administrator.",
        )
    return ServiceUnreachable(
        f"A proxy keeps {service} away.", "The proxy refused the connection.", "Check its settings."
    )


def connect_timeout_error(service: str) -> ServiceUnreachable:
    """Return the error for an HTTP connection that was not made in time."""
    return ServiceUnreachable(
        f"{service} does not answer.", "No connection was made in time.", RETRIED_HINT
    )


def pool_exhausted_error(service: str) -> ServiceUnreachable:
    """Return the error for an HTTP request that waited too long for a free connection."""
    return ServiceUnreachable(
        f"Too many calls to {service} at once.", "This one had to wait too long.", "Try it again."
    )


def connection_closed_error(service: str) -> ServiceUnreachable:
    """Return the error for an HTTP transport that this process has closed."""
    return ServiceUnreachable(
        f"The connection to {service} is closed.", "Nothing was sent.", "Start again."
    )


def response_timeout_error(service: str) -> ResponseTimeout:
    """Return the error for an HTTP request that was sent and not answered in time."""
    return ResponseTimeout(
        f"{service} took too long.", "The request was sent; no answer came.", RETRIED_HINT
    )


def truncated_response_error(service: str) -> ResponseTimeout:
    """Return the error for an HTTP answer that ended before it was complete."""
    return ResponseTimeout(
        f"{service}’s answer broke off.",
        "The connection ended before all of it came.",
        RETRIED_HINT,
    )


def _certificate_reason(error: ssl.SSLCertVerificationError) -> str:
    code = error.verify_code
    if code == _EXPIRED:
        return "It has expired, or this computer’s clock is wrong."
    if code in (_HOSTNAME, _IP_ADDRESS):
        return "It belongs to another host."
    if code in (_SELF_SIGNED, _SELF_SIGNED_IN_CHAIN):
        return "It was signed by nobody this computer trusts."
    return "This computer does not trust it."


def _error_chain(error: BaseException) -> Iterator[BaseException]:
    """Yield a connection error, its causes and contexts and members of groups, each once."""
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
