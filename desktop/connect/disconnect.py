"""Signing out of Zendesk, and disconnecting a workspace: revoke there, erase here.

The caller erases `mirror.db` as well; outbox and audit stay, and what waits is said before.
"""

from dataclasses import dataclass
from typing import Any

from desktop.connect.desk import Desk
from desktop.connect.services import ZENDESK
from desktop.settings import table
from desktop.settings.setting import Setting
from desktop.vault.secret import Secret, erase

_OF_ACCOUNT: tuple[Setting[Any], ...] = (
    table.ZENDESK_BASE_URL,
    table.ZENDESK_AUTH,
    table.ZENDESK_EMAIL,
    table.SOLO_PERSON,
    table.DEDICATED_KEY,
)


@dataclass(frozen=True)
class Goodbye:
    """Whether Zendesk was told; `words` says what that means."""

    revoked: bool
    words: str


async def sign_out(desk: Desk) -> Goodbye:
    """End the Zendesk sign-in; the account stays set, so that signing in again is one step.

    Raises NoKeyring when the secrets cannot be erased.
    """
    values = desk.settings.load().values
    how, base_url = values.get(table.ZENDESK_AUTH), values.get(table.ZENDESK_BASE_URL)
    revoked = True
    if how == "oauth" and base_url:
        async with desk.services(values).transport(ZENDESK, base_url) as transport:
            revoked = await desk.keeper(values, transport).sign_out()
    await desk.vault.delete(Secret.ZENDESK_TOKEN)
    if how == "token":
        return Goodbye(
            False, "The API token is erased here. Zendesk accepts it until it is deleted there."
        )
    if revoked:
        return Goodbye(True, "You are signed out, here and at Zendesk.")
    return Goodbye(
        False,
        "You are signed out here. Zendesk could not be told; its token ends by itself within "
        "half an hour.",
    )


async def disconnect(desk: Desk) -> Goodbye:
    """Sign out, forget the account and the Sailthru key, and switch changes off.

    The permissions go back to their defaults, since they were this account's.
    """
    goodbye = await sign_out(desk)
    await erase(desk.vault)
    values = desk.settings.load().values
    rows: tuple[Setting[Any], ...] = (table.CHANGES, *table.PERMISSIONS.values(), *_OF_ACCOUNT)
    desk.settings.change({row.key: None for row in rows if not values.managed(row)})
    return goodbye
