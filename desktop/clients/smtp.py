"""Sends e-mail over SMTP with TLS, or in plain text to loopback only.

aiosmtplib is imported here alone, and only once something is sent.
"""

import asyncio
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from enum import Enum
from typing import TYPE_CHECKING

from desktop.kit.errors import (
    AppError,
    AuthenticationError,
    InvalidInput,
    ResponseTimeout,
    ServiceError,
    ServiceUnreachable,
    ValuesRejected,
)
from desktop.kit.loopback import is_loopback
from desktop.kit.text import to_single_line

if TYPE_CHECKING:
    from aiosmtplib import SMTPResponseException

# Seconds for the whole conversation, not for each step of it.
SMTP_TIMEOUT_S = 30.0
# What this computer calls itself; its real name is nobody's business.
_EHLO_NAME = "[127.0.0.1]"


class SmtpSecurity(Enum):
    """The encryption of an SMTP connection. NONE is for loopback only."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True)
class SmtpServer:
    """The SMTP server's address and sign-in; `user` is empty where none is needed."""

    host: str
    port: int
    security: SmtpSecurity
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)


class SomeAddressesRefused(ValuesRejected):
    """The exception for an e-mail that went out, though not to each of its addresses."""


@dataclass(frozen=True)
class OutgoingEmail:
    """A plain-text e-mail for SMTP; line breaks in the subject become spaces.

    `key` stands in its Message-ID, so that one that is sent again can be known for the same.
    """

    to: tuple[str, ...]
    subject: str
    text: str
    key: str = ""


async def send_email(
    server: SmtpServer,
    letter: OutgoingEmail,
    tls: ssl.SSLContext,
    *,
    now: float,
    limit_s: float = SMTP_TIMEOUT_S,
) -> None:
    """Send an e-mail over SMTP; `now` (Unix seconds) dates it.

    Raises InvalidInput where it would go unencrypted over a network, ServiceUnreachable,
    ResponseTimeout, AuthenticationError, ValuesRejected, SomeAddressesRefused: to the others it
    was sent, and ServiceError.
    """
    if server.security is SmtpSecurity.NONE and not is_loopback(server.host):
        raise InvalidInput(
            "Without encryption mail is sent on this computer alone.",
            f"{server.host} is another one, and the password could be read on the way.",
            "Choose starttls or tls in Settings › Syncs.",
        )
    message = _message(server, letter, now)
    import aiosmtplib

    try:
        async with asyncio.timeout(limit_s):
            refused, _ = await aiosmtplib.send(
                message,
                sender=server.sender,
                recipients=list(letter.to),
                hostname=server.host,
                port=server.port,
                username=server.user or None,
                password=server.password if server.user else None,
                local_hostname=_EHLO_NAME,
                use_tls=server.security is SmtpSecurity.TLS,
                start_tls=server.security is SmtpSecurity.STARTTLS,
                tls_context=None if server.security is SmtpSecurity.NONE else tls,
                timeout=limit_s,
            )
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise _to_app_error(error, server) from error
    if refused:
        raise SomeAddressesRefused(
            f"The mail server refused {len(refused)} of {len(letter.to)} addresses.",
            "The others got the e-mail.",
            "Correct the addresses of the sync.",
        )


def _message(server: SmtpServer, letter: OutgoingEmail, now: float) -> EmailMessage:
    message = EmailMessage()
    try:
        message["From"] = server.sender
        message["To"] = ", ".join(letter.to)
        message["Subject"] = to_single_line(letter.subject)
    except (ValueError, IndexError) as error:
        raise ValuesRejected("An address of the e-mail cannot be used.") from error
    message["Date"] = formatdate(now)
    # Without a domain make_msgid would send this computer's name.
    domain = server.sender.rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<{letter.key}@{domain}>" if letter.key else make_msgid(domain=domain)
    # So that no automatic answer comes back (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message


def _to_app_error(error: Exception, server: SmtpServer) -> AppError:
    import aiosmtplib

    place = f"{server.host}:{server.port}"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return _untrusted_certificate_error(cause, server)
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, aiosmtplib.SMTPTimeoutError | TimeoutError):
        return ResponseTimeout(f"The mail server {place} did not answer in time.")
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return AuthenticationError(
            "The mail server refused the sign-in.",
            _server_reply(error),
            "Enter user and password again in Settings › Syncs.",
        )
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return ValuesRejected("The mail server refused every address.", _refusals(error.recipients))
    if isinstance(error, aiosmtplib.SMTPResponseException):
        # 4yz is a transient failure, 5yz a permanent one (RFC 5321, 4.2.1).
        kind = ServiceError if 400 <= error.code < 500 else ValuesRejected
        return kind("The mail server refused the e-mail.", _server_reply(error))
    if isinstance(error, aiosmtplib.SMTPConnectError | OSError):
        return ServiceUnreachable(f"The mail server {place} cannot be reached.")
    if isinstance(error, aiosmtplib.SMTPServerDisconnected):
        return ServiceError(f"The mail server {place} ended the conversation.")
    if isinstance(error, ValueError):
        return ValuesRejected("The e-mail could not be put together.")
    # What is left is something it does not know: STARTTLS, or any way to sign in.
    return ValuesRejected(
        f"The mail server {place} cannot do what the settings ask for.",
        to_single_line(str(error))[:160],
        "Look at security and user in Settings › Syncs.",
    )


def _untrusted_certificate_error(error: ssl.SSLError, server: SmtpServer) -> AppError:
    why = getattr(error, "verify_message", "") or "It does not speak TLS on this port."
    return ServiceUnreachable(
        f"The connection to {server.host}:{server.port} is not safe.",
        f"{to_single_line(why)}. Nothing was sent.".replace("..", "."),
        "Look at port and security in Settings › Syncs, or add the certificate under Advanced.",
    )


def _server_reply(error: "SMTPResponseException") -> str:
    """Return the SMTP server's reply, without the addresses that it repeats."""
    said = re.sub(r"\S*@\S*", "…", to_single_line(error.message))
    return f"It said {error.code} {said[:160]}".strip()


def _refusals(errors: "Sequence[SMTPResponseException]") -> str:
    return _server_reply(errors[0]) if errors else ""
