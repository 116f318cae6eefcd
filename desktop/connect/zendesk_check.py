"""Who the Zendesk credentials belong to, and whether the account has what syncs need."""

from datetime import date

from desktop.clients.exchange import Transport
from desktop.clients.zendesk import oauth
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.credentials import Credentials
from desktop.connect.check import Check, Checks, failed
from desktop.connect.roles import actor_from
from desktop.kit.clock import Clock, utc
from desktop.kit.errors import AppError
from desktop.model.permission import Actor, Role
from desktop.model.person import UserField
from desktop.settings import table
from desktop.settings.values import Values

# All API tokens stop on this day (contract zendesk 0.1).
TOKENS_END = date(2027, 4, 30)


async def check_person(client: ZendeskClient, checks: Checks) -> Actor | None:
    """Whose credentials they are; None when they are nobody's, or an end user's."""
    try:
        me = await client.me()
    except AppError as error:
        checks.add(failed("Zendesk: sign-in", error))
        return None
    checks.add(Check("Zendesk: sign-in", True, f"Signed in as {me.name}."))
    try:
        actor = actor_from(me)
    except AppError as error:
        checks.add(failed("Zendesk: role", error))
        return None
    if actor.role is Role.ADMIN:
        checks.add(Check("Zendesk: role", True, "Administrator."))
    else:
        checks.add(
            Check(
                "Zendesk: role",
                True,
                "Agent: may look up and change end users; exports of all customers, user fields "
                "and the permissions here need an admin.",
            )
        )
    return actor


async def check_box(client: ZendeskClient, values: Values, checks: Checks) -> None:
    """Whether the check box of the sync to Sailthru exists."""
    key = values.get(table.BOX_FIELD)
    title = "Zendesk: user field"
    try:
        fields = await client.user_fields()
    except AppError as error:
        checks.add(failed(title, error, needed=False))
        return
    found = next((field for field in fields if field.key == key), None)
    checks.add(_box(title, key, found))


def _box(title: str, key: str, found: UserField | None) -> Check:
    if found is None:
        return Check(
            title,
            False,
            f"The user field {key} does not exist yet.",
            "An admin can let Fairlead create it. Only the sync to Sailthru needs it.",
            needed=False,
        )
    if found.type != "checkbox":
        return Check(
            title,
            False,
            f"The user field {key} is of the type {found.type}, not a check box.",
            "Name another field in Settings › Names, or make it anew in Zendesk.",
            needed=False,
        )
    if not found.active:
        return Check(
            title,
            False,
            f"The user field {key} is switched off.",
            "Switch it on in Zendesk: Admin Center › People › User fields.",
            needed=False,
        )
    return Check(title, True, f"{key} is there.", needed=False)


async def create_box(client: ZendeskClient, values: Values) -> UserField:
    """Make the check box. Raises Forbidden for everybody but admins."""
    return await client.create_user_field(
        values.get(table.BOX_FIELD),
        "Sync to Sailthru",
        kind="checkbox",
        description="Ticked: this customer is synced to Sailthru by Fairlead.",
    )


def check_token_end(clock: Clock, checks: Checks) -> None:
    """Say when the API token stops working."""
    days = (TOKENS_END - utc(clock.now()).date()).days
    hint = "Switch to signing in with the browser (OAuth) in Settings › Zendesk before that day."
    if days < 0:
        detail = f"Zendesk ended all API tokens on {TOKENS_END}."
    else:
        detail = f"Zendesk ends all API tokens on {TOKENS_END}, in {days} days."
    checks.add(Check("Zendesk: API token", days >= 0, detail, hint, needed=False))


async def check_scopes(
    transport: Transport, credentials: Credentials, clock: Clock, checks: Checks
) -> None:
    """Compare what was granted with what is needed: an unknown scope gives a useless token."""
    title = "Zendesk: scopes"
    try:
        access = (await credentials.header()).removeprefix("Bearer ")
        answer = await transport.send(oauth.current(access))
        granted = oauth.read_current(answer, clock.now()).scopes
    except AppError as error:
        checks.add(failed(title, error, needed=False))
        return
    lacking = frozenset(oauth.SCOPE.split()) - granted
    if lacking:
        checks.add(
            Check(
                title,
                False,
                f"Not granted: {', '.join(sorted(lacking))}.",
                "Sign in again; the OAuth client has to allow the scopes read and write.",
            )
        )
    else:
        checks.add(Check(title, True, "read and write are granted."))
