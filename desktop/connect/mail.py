"""The mail server of a workspace: from the settings and the keyring, and a letter to try it."""

import asyncio
from pathlib import Path

from desktop.clients.smtp import Letter, MailServer, Security, send_letter
from desktop.clients.transport import tls_context
from desktop.connect.desk import Desk
from desktop.kit.errors import NeedsPerson
from desktop.kit.text import translate
from desktop.settings import sync_settings, table
from desktop.settings.values import Values
from desktop.vault.secret import Secret

_WHERE = translate("Mail", "Settings › Syncs, or `fairlead sync mail`, says where mail goes out.")


async def mail_server(desk: Desk, values: Values) -> MailServer:
    """Where mail is handed in. Raises NeedsPerson for what is missing, NoKeyring."""
    get = values.get
    host, user = get(sync_settings.MAIL_HOST), get(sync_settings.MAIL_USER)
    if not host:
        raise NeedsPerson("There is no mail server yet.", "No e-mail was sent.", _WHERE)
    sender = get(sync_settings.MAIL_FROM) or (user if "@" in user else "")
    if not sender:
        raise NeedsPerson("E-mail needs a sender's address.", "No e-mail was sent.", _WHERE)
    password = await desk.vault.get(Secret.SMTP_PASSWORD) if user else None
    if user and not password:
        raise NeedsPerson(
            "There is no password for the mail server.", "No e-mail was sent.", _WHERE
        )
    security = Security(get(sync_settings.MAIL_SECURITY))
    return MailServer(host, get(sync_settings.MAIL_PORT), security, sender, user, password or "")


async def send_mail(desk: Desk, values: Values, letter: Letter) -> None:
    """Send it. Raises what `mail_server` and `send_letter` raise."""
    server = await mail_server(desk, values)
    ca_file = values.get(table.CA_FILE)
    tls = await asyncio.to_thread(tls_context, Path(ca_file) if ca_file else None)
    await send_letter(server, letter, tls, now=desk.clock.now())


async def send_trial(desk: Desk, values: Values, to: str) -> None:
    """Send a letter that says that it works."""
    text = translate("Mail", "This is how Fairlead tells about its syncs. It works.")
    await send_mail(desk, values, Letter((to,), translate("Mail", "Fairlead: a trial"), text))
