"""Checks of a Zendesk account: sign-in, role, sync check box, API token's end, OAuth scopes."""

from datetime import date

from desktop.clients.authorization_header import HeaderCredentials
from desktop.clients.http_messages import Transport
from desktop.clients.zendesk import oauth
from desktop.clients.zendesk.client import ZendeskClient
from desktop.connect.connection_check import CheckCollector, ConnectionCheck
from desktop.connect.identity_and_roles import actor_from_zendesk_user
from desktop.connect.support_request_texts import request_oauth_client_text
from desktop.connect.temporary_clients import TemporaryClients
from desktop.kit.clock import Clock, utc_datetime
from desktop.kit.errors import AppError
from desktop.kit.text import format_long_day
from desktop.model.permission import Actor, Role
from desktop.model.zendesk_user import UserFieldDefinition
from desktop.settings import settings_table
from desktop.settings.settings_file import SettingsValues

# All API tokens stop on this day (docs/zendesk.md 0).
API_TOKENS_END = date(2027, 4, 30)


async def check_zendesk_account(
    services: TemporaryClients,
    base_url: str,
    credentials: HeaderCredentials,
    values: SettingsValues,
    checks: CheckCollector,
) -> Actor | None:
    """Check a reachable Zendesk account: sign-in, role and sync checkbox.

    Returns the signed-in person; None when nobody is, or an end user.
    """
    async with services.zendesk(base_url, credentials) as client:
        actor = await _check_user(client, checks)
        if actor is not None:
            await _check_sync_checkbox(client, values, checks)
        return actor


def not_signed_in_check(values: SettingsValues) -> ConnectionCheck:
    """Return the failed check that nobody is signed in to Zendesk, with what is missing."""
    name, auth = "Zendesk: sign-in", values.get(settings_table.ZENDESK_AUTH)
    if auth == "oauth" and not values.get(settings_table.ZENDESK_CLIENT_ID):
        return ConnectionCheck(
            name,
            False,
            "There is no OAuth client to sign in with.",
            "Ask a Zendesk admin for one; the text to send is ready to copy.",
            support_text=request_oauth_client_text(),
        )
    return ConnectionCheck(
        name,
        False,
        "Nobody is signed in.",
        "Open Fairlead and sign in to Zendesk under Settings › Connections.",
    )


async def _check_user(client: ZendeskClient, checks: CheckCollector) -> Actor | None:
    """Check `users/me`; returns the signed-in person, None for nobody or an end user."""
    try:
        me = await client.me()
    except AppError as error:
        checks.report_error("Zendesk: sign-in", error)
        return None
    checks.report("Zendesk: sign-in", True, f"Signed in as {me.name}.")
    try:
        actor = actor_from_zendesk_user(me)
    except AppError as error:
        checks.report_error("Zendesk: role", error)
        return None
    if actor.role is Role.ADMIN:
        checks.report("Zendesk: role", True, "Administrator.")
    else:
        checks.report(
            "Zendesk: role",
            True,
            "Agent: may look up and change end users; exports of all customers, user fields "
            "and the permissions here need an admin.",
        )
    return actor


async def _check_sync_checkbox(
    client: ZendeskClient, values: SettingsValues, checks: CheckCollector
) -> None:
    """Check that Zendesk's user field “Sync to Sailthru” exists as an active check box."""
    key = values.get(settings_table.SYNC_CHECKBOX_FIELD)
    title = "Zendesk: user field"
    try:
        fields = await client.list_user_fields()
    except AppError as error:
        checks.report_error(title, error, is_needed=False)
        return
    found = next((field for field in fields if field.key == key), None)
    checks.add(_sync_checkbox_check(title, key, found))


def _sync_checkbox_check(
    title: str, key: str, found: UserFieldDefinition | None
) -> ConnectionCheck:
    if found is None:
        return ConnectionCheck(
            title,
            False,
            f"The user field {key} does not exist yet.",
            "An admin creates it with “Create it” on the Sync page, or `fairlead sync add --preset"
            " zendesk-to-sailthru --on --create`. Only the sync to Sailthru needs it.",
            is_needed=False,
        )
    if found.type != "checkbox":
        return ConnectionCheck(
            title,
            False,
            f"The user field {key} is of the type {found.type}, not a check box.",
            "Name another field in Settings › Names, or make it anew in Zendesk.",
            is_needed=False,
        )
    if not found.active:
        return ConnectionCheck(
            title,
            False,
            f"The user field {key} is switched off.",
            "Switch it on in Zendesk: Admin Center › People › User fields.",
            is_needed=False,
        )
    return ConnectionCheck(title, True, f"{key} is there.", is_needed=False)


def check_api_token_end(clock: Clock, checks: CheckCollector) -> None:
    """Report on which day Zendesk's API token stops working."""
    days = (API_TOKENS_END - utc_datetime(clock.now()).date()).days
    hint = (
        "Switch to signing in with the browser (OAuth) in Settings › Connections before that day."
    )
    if days < 0:
        detail = f"Zendesk ended all API tokens on {format_long_day(API_TOKENS_END)}."
    else:
        detail = (
            f"Zendesk ends all API tokens on {format_long_day(API_TOKENS_END)}, in {days} days."
        )
    checks.report("Zendesk: API token", days >= 0, detail, hint, is_needed=False)


async def check_oauth_scopes(
    transport: Transport, credentials: HeaderCredentials, clock: Clock, checks: CheckCollector
) -> None:
    """Check a Zendesk token's OAuth scopes: an unknown scope gives a useless token."""
    title = "Zendesk: scopes"
    try:
        access = (await credentials.authorization_header()).removeprefix("Bearer ")
        answer = await transport.send(oauth.token_info_request(access))
        granted = oauth.parse_token_info(answer, clock.now()).scopes
    except AppError as error:
        checks.report_error(title, error, is_needed=False)
        return
    missing_scopes = frozenset(oauth.OAUTH_SCOPE.split()) - granted
    if missing_scopes:
        checks.report(
            title,
            False,
            f"Not granted: {', '.join(sorted(missing_scopes))}.",
            "Sign in again; the OAuth client has to allow the scopes read and write.",
        )
    else:
        checks.report(title, True, "read and write are granted.")
