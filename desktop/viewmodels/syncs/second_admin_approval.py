"""Another admin lets a limit pass: signs in here for one question, and nothing of it is kept."""

from desktop.clients.zendesk.credentials import ApiTokenCredentials
from desktop.connect.identity_and_roles import actor_from_zendesk_user
from desktop.connect.temporary_clients import TemporaryClients
from desktop.kit.errors import AuthenticationError, InvalidInput, NotPermitted
from desktop.model.permission import Role
from desktop.settings import settings_table
from desktop.viewmodels.syncs.sync_page_context import SyncPageContext


async def approve_as_other_admin(
    context: SyncPageContext, plan: str, breach: str, email: str, token: str
) -> str:
    """Ask Zendesk who that is, and note that they allow it; gives their name.

    Raises InvalidInput where something is not typed, AuthenticationError for a wrong token, NotPermitted for
    somebody who is no admin, or who has allowed it already.
    """
    if not email.strip() or not token.strip():
        raise InvalidInput("E-mail address and API token are both needed.")
    values = context.workspace.values
    services = TemporaryClients(context.clock, values.get(settings_table.CA_FILE))
    credentials = ApiTokenCredentials(email.strip(), token.strip())
    async with services.zendesk(values.get(settings_table.ZENDESK_BASE_URL), credentials) as client:
        try:
            other = actor_from_zendesk_user(await client.me())
        except AuthenticationError as error:
            # This window's own sign-in is another one, and stands.
            raise AuthenticationError(
                f"Zendesk refused the sign-in as {credentials.email}.",
                "The API token is not one of this address, or not valid any more. Nothing was"
                " allowed.",
                "Type both once more.",
            ) from error
    if other.role is not Role.ADMIN or other.id is None:
        raise NotPermitted(
            f"{other.name} is no admin.", "Nothing was allowed.", "Ask an admin of Zendesk."
        )
    given = await context.store.plans.list_approvals(plan)
    if any(a.limit_code == breach and a.user_id == str(other.id) for a in given):
        raise NotPermitted(
            f"{other.name} has allowed it already.",
            "It has to be another admin: one person counts once.",
        )
    await context.store.plans.approve_limit(
        plan,
        breach,
        str(other.id),
        other.name,
        context.clock.now(),
    )
    return other.name
