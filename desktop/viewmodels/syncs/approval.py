"""Another admin lets a limit pass: signs in here for one question, and nothing of it is kept."""

from desktop.clients.zendesk.credentials import ApiToken
from desktop.connect.roles import actor_from
from desktop.connect.services import Services
from desktop.kit.errors import AuthLost, BadInput, NotPermitted
from desktop.model.permission import Role
from desktop.settings import table
from desktop.viewmodels.syncs.room import Room


async def approved_by(room: Room, plan: str, breach: str, email: str, token: str) -> str:
    """Ask Zendesk who that is, and note that they allow it; gives their name.

    Raises BadInput where something is not typed, AuthLost for a wrong token, NotPermitted for
    somebody who is no admin, or who has allowed it already.
    """
    if not email.strip() or not token.strip():
        raise BadInput("E-mail address and API token are both needed.")
    values = room.office.values
    services = Services(room.clock, values.get(table.CA_FILE))
    credentials = ApiToken(email.strip(), token.strip())
    async with services.zendesk(values.get(table.ZENDESK_BASE_URL), credentials) as client:
        try:
            other = actor_from(await client.me())
        except AuthLost as error:
            # This window's own sign-in is another one, and stands.
            raise AuthLost(
                f"Zendesk refused the sign-in as {credentials.email}.",
                "The API token is not one of this address, or not valid any more. Nothing was"
                " allowed.",
                "Type both once more.",
            ) from error
    if other.role is not Role.ADMIN or other.id is None:
        raise NotPermitted(
            f"{other.name} is no admin.", "Nothing was allowed.", "Ask an admin of Zendesk."
        )
    given = await room.run(room.store.plans.approvals, plan)
    if any(a.breach == breach and a.person == str(other.id) for a in given):
        raise NotPermitted(
            f"{other.name} has allowed it already.",
            "It has to be another admin: one person counts once.",
        )
    await room.run(
        room.store.plans.approve, plan, breach, str(other.id), other.name, room.clock.now()
    )
    return other.name
