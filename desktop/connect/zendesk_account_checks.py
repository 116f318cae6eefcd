"""Who the Zendesk credentials belong to, and whether the account has what syncs need."""

from datetime import date

from desktop.clients.http_messages import Transport
from desktop.clients.zendesk import oauth
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.credentials import ZendeskCredentials
from desktop.connect.connection_check import CheckCollector, ConnectionCheck, failed_check
from desktop.connect.identity_and_roles import actor_from_zendesk_user
from desktop.kit.clock import Clock, utc_datetime
from desktop.kit.errors import AppError
from desktop.model.permission import Actor, Role
from desktop.model.zendesk_user import UserFieldDefinition
from desktop.settings import settings_table
from desktop.settings.settings_file import SettingsValues

# All API tokens stop on this day (contract zendesk 0.1).
API_TOKENS_END = date(2027, 4, 30)


async def check_zendesk_user(client: ZendeskClient, checks: CheckCollector) -> Actor | None:
    """Whose credentials they are; None when they are nobody's, or an end user's."""
    try:
        me = await client.me()
    except AppError as error:
        checks.add(failed_check("Zendesk: sign-in", error))
        return None
    checks.add(ConnectionCheck("Zendesk: sign-in", True, f"Signed in as {me.name}."))
    try:
        actor = actor_from_zendesk_user(me)
    except AppError as error:
        checks.add(failed_check("Zendesk: role", error))
        return None
    if actor.role is Role.ADMIN:
        checks.add(ConnectionCheck("Zendesk: role", True, "Administrator."))
    else:
        checks.add(
            ConnectionCheck(
                "Zendesk: role",
                True,
                "Agent: may look up and change end users; exports of all customers, user fields "
                "and the permissions here need an admin.",
            )
        )
    return actor


async def check_sync_checkbox(
    client: ZendeskClient, values: SettingsValues, checks: CheckCollector
) -> None:
    """Whether the check box of the sync to Sailthru exists."""
    key = values.get(settings_table.SYNC_CHECKBOX_FIELD)
    title = "Zendesk: user field"
    try:
        fields = await client.list_user_fields()
    except AppError as error:
        checks.add(failed_check(title, error, is_needed=False))
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
            "An admin can let Fairlead create it. Only the sync to Sailthru needs it.",
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


async def create_sync_checkbox(
    client: ZendeskClient, values: SettingsValues
) -> UserFieldDefinition:
    """Make the check box. Raises Forbidden for everybody but admins."""
    return await client.create_user_field(
        values.get(settings_table.SYNC_CHECKBOX_FIELD),
        "Sync to Sailthru",
        kind="checkbox",
        description="Ticked: this customer is synced to Sailthru by Fairlead.",
    )


def check_api_token_end(clock: Clock, checks: CheckCollector) -> None:
    """Say when the API token stops working."""
    days = (API_TOKENS_END - utc_datetime(clock.now()).date()).days
    hint = "Switch to signing in with the browser (OAuth) in Settings › Zendesk before that day."
    if days < 0:
        detail = f"Zendesk ended all API tokens on {API_TOKENS_END}."
    else:
        detail = f"Zendesk ends all API tokens on {API_TOKENS_END}, in {days} days."
    checks.add(ConnectionCheck("Zendesk: API token", days >= 0, detail, hint, is_needed=False))


async def check_oauth_scopes(
    transport: Transport, credentials: ZendeskCredentials, clock: Clock, checks: CheckCollector
) -> None:
    """Compare what was granted with what is needed: an unknown scope gives a useless token."""
    title = "Zendesk: scopes"
    try:
        access = (await credentials.header()).removeprefix("Bearer ")
        answer = await transport.send(oauth.token_info_request(access))
        granted = oauth.parse_token_info(answer, clock.now()).scopes
    except AppError as error:
        checks.add(failed_check(title, error, is_needed=False))
        return
    lacking = frozenset(oauth.OAUTH_SCOPE.split()) - granted
    if lacking:
        checks.add(
            ConnectionCheck(
                title,
                False,
                f"Not granted: {', '.join(sorted(lacking))}.",
                "Sign in again; the OAuth client has to allow the scopes read and write.",
            )
        )
    else:
        checks.add(ConnectionCheck(title, True, "read and write are granted."))
