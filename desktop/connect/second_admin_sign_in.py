"""Sign another Zendesk admin in for one question; nothing of what they typed is kept."""

import hashlib
from dataclasses import replace

from desktop.clients.zendesk.credentials import ApiTokenCredentials
from desktop.connect.identity_and_roles import actor_from_zendesk_user
from desktop.connect.temporary_clients import TemporaryClients
from desktop.kit.clock import Clock
from desktop.kit.errors import AuthenticationError, InvalidInput, NotPermitted
from desktop.model.permission import Actor, Role
from desktop.settings import settings_table
from desktop.settings.settings_file import SettingsValues


async def sign_in_second_admin(
    clock: Clock, values: SettingsValues, email: str, token: str
) -> Actor:
    """Ask Zendesk once who an address with an API token is; raises unless it is an admin.

    Raises InvalidInput where something is not typed, AuthenticationError for a wrong token,
    NotPermitted for somebody who is no admin.
    """
    if not email.strip() or not token.strip():
        raise InvalidInput("E-mail address and API token are both needed.")
    clients = TemporaryClients(clock, values.get(settings_table.CA_FILE))
    credentials = ApiTokenCredentials(email.strip(), token.strip())
    async with clients.zendesk(values.get(settings_table.ZENDESK_BASE_URL), credentials) as client:
        try:
            admin = actor_from_zendesk_user(await client.me())
        except AuthenticationError as error:
            # The client's own text leads to Settings; this window's sign-in is another one.
            raise AuthenticationError(
                f"Zendesk refused the sign-in as {credentials.email}.",
                "The API token is not one of this address, or not valid any more. Nothing was"
                " allowed.",
                "Type both once more.",
            ) from error
    # Zendesk answers 200 "anonymous", without an id, to credentials that are none.
    if admin.role is not Role.ADMIN or admin.id is None:
        raise NotPermitted(
            f"{admin.name} is no admin.", "Nothing was allowed.", "Ask an admin of Zendesk."
        )
    return replace(admin, credential=token_fingerprint(credentials.token))


def token_fingerprint(token: str) -> str:
    """Return a fingerprint of a Zendesk API token, which tells it from another."""
    return hashlib.sha256(f"fairlead approval {token}".encode()).hexdigest()[:16]
