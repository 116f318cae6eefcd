"""A real mail server on loopback, with a certificate of its own and one user."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "fairlead@desk.example", "canary-pass-4711"


@dataclass
class MailServer:
    """What was handed in, and from whom with which password."""

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    signed_in: list[tuple[str, str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)

    async def handle_RCPT(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return f"550 5.1.1 <{address}> is nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        message = message_from_bytes(envelope.original_content or b"", policy=default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        self.recipients.append(list(envelope.rcpt_tos))
        self.encrypted.append(session.ssl is not None)
        return "250 taken"

    def authenticate(
        self, server: Any, session: Session, envelope: Envelope, how: str, given: Any
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        login, password = given.login.decode(), given.password.decode()
        self.signed_in.append((login, password))
        return AuthResult(success=(login, password) == (USER, PASSWORD), handled=False)


@asynccontextmanager
async def run_mail_server(
    tls: ssl.SSLContext | None = None, *, at_once: bool = False, sign_in: bool = True
) -> AsyncIterator[MailServer]:
    """Serve in the test's loop. With a context it insists on STARTTLS, or is TLS `at_once`."""
    office = MailServer()
    asks: dict[str, Any] = {}
    if sign_in:
        asks = {
            "authenticator": office.authenticate,
            "auth_required": True,
            "auth_require_tls": tls is not None and not at_once,
        }
    if tls is not None and not at_once:
        asks |= {"tls_context": tls, "require_starttls": True}
    loop = asyncio.get_running_loop()

    def answer() -> SMTP:
        with warnings.catch_warnings():
            # It minds a sign-in without TLS, which on loopback is what is tested.
            warnings.simplefilter("ignore")
            return SMTP(office, hostname="post.example", loop=loop, **asks)

    server = await loop.create_server(
        answer,
        "127.0.0.1",
        0,
        ssl=tls if at_once else None,
    )
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
        await server.wait_closed()
