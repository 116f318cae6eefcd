"""How one service is read and written for an edit: by id, one value at a time."""

from dataclasses import dataclass
from typing import Protocol

from desktop.kit.errors import NotFound
from desktop.model.edit import EditKind, EditRequest
from desktop.model.json_value import Json
from desktop.model.optout_level import OptOutLevel
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.zendesk_user import ZendeskUser


@dataclass(frozen=True)
class CurrentValue:
    """The value an edit is about, as the service says it now, and the whole it was read from."""

    value: Json
    profile: SailthruProfile | None = None
    user: ZendeskUser | None = None


class EditGateway(Protocol):
    """One service. Both methods raise our errors; NotFound means that the target is gone."""

    async def read(self, intent: EditRequest) -> CurrentValue:
        """The target's value now, read by its id."""
        ...

    async def send(self, intent: EditRequest) -> None:
        """Write the wanted value to the target's id."""
        ...


class SailthruEditClient(Protocol):
    """What of the Sailthru client an edit needs."""

    async def get_user(self, id: str, *, key: str | None = None) -> SailthruProfile:
        """One profile; NotFound when there is none."""
        ...

    async def post_user(
        self,
        sid: str,
        *,
        optout: OptOutLevel | None = None,
        lists: dict[str, bool] | None = None,
        vars: dict[str, Json] | None = None,
    ) -> None:
        """Change a profile by its sid."""
        ...

    async def create_user(self, email: str, *, vars: dict[str, Json]) -> None:
        """Make a profile at an address that has none."""
        ...


class ZendeskEditClient(Protocol):
    """What of the Zendesk client an edit needs."""

    async def show_user(self, user_id: int) -> ZendeskUser:
        """One person; NotFound when there is none."""
        ...

    async def update_user(self, user_id: int, *, user_fields: dict[str, Json]) -> ZendeskUser:
        """Change the fields that are sent, and only those."""
        ...


class SailthruEditGateway:
    """Profiles, by sid. Only a create names an address."""

    def __init__(self, client: SailthruEditClient) -> None:
        self._client = client

    async def read(self, intent: EditRequest) -> CurrentValue:
        """The opt-out level, whether a list is joined, or a var (None: no value)."""
        if intent.kind is EditKind.CREATE:
            return await self._read_by_address(intent.target.id)
        profile = await self._client.get_user(intent.target.id, key="sid")
        if profile.sid != intent.target.id:
            raise NotFound(
                "The Sailthru profile was merged into another.", "", "Open the customer again."
            )
        return CurrentValue(_value_in_profile(intent, profile), profile=profile)

    async def send(self, intent: EditRequest) -> None:
        """One POST that carries this one value."""
        sid = intent.target.id
        if intent.kind is EditKind.CREATE:
            wanted = intent.new if isinstance(intent.new, dict) else {}
            # On no list: consent is not something that creating a profile can give.
            await self._client.create_user(sid, vars=dict(wanted))
        elif intent.kind is EditKind.OPTOUT:
            await self._client.post_user(sid, optout=OptOutLevel(str(intent.new)))
        elif intent.kind is EditKind.LIST:
            await self._client.post_user(sid, lists={intent.name: bool(intent.new)})
        else:
            await self._client.post_user(sid, vars={intent.name: intent.new})

    async def _read_by_address(self, address: str) -> CurrentValue:
        try:
            profile = await self._client.get_user(address, key="email")
        except NotFound:
            return CurrentValue(None)
        return CurrentValue(profile.sid, profile=profile)


class ZendeskEditGateway:
    """People, by user id; what is written is a user field."""

    def __init__(self, client: ZendeskEditClient) -> None:
        self._client = client

    async def read(self, intent: EditRequest) -> CurrentValue:
        """The field's value; a check box never ticked reads as false."""
        person = await self._client.show_user(int(intent.target.id))
        if not person.active:
            raise NotFound("The Zendesk person was deleted.", "", "Open the customer again.")
        value = person.user_fields.get(intent.name)
        if intent.kind is EditKind.SYNC_CHECKBOX:
            value = bool(value)
        return CurrentValue(value, user=person)

    async def send(self, intent: EditRequest) -> None:
        """One PUT that carries this one field."""
        await self._client.update_user(int(intent.target.id), user_fields={intent.name: intent.new})


def _value_in_profile(intent: EditRequest, profile: SailthruProfile) -> Json:
    if intent.kind is EditKind.OPTOUT:
        return (profile.optout or OptOutLevel.NONE).value
    if intent.kind is EditKind.LIST:
        return intent.name in profile.lists
    return profile.vars.get(intent.name)
